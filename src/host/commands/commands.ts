/** Every command of the palette, by id. */
import * as vscode from 'vscode';
import { toCrossflowError } from '../../core/errors';
import type { House } from './house';
import { isFlow } from '../documents';
import { exportWithPicker } from '../export';
import type { Flow } from '../flow';
import { COMMANDS, WALKTHROUGH } from '../ids';
import { downloadModel } from './download';
import { openExample, openRemembered } from './example';
import { newExperiment, newFromFile, newFromFolder } from './create';
import { showCheck } from './check';
import { experimentFiles } from './tree';

/** Until the editor has read the walkthroughs of extensions. */
const WALKTHROUGHS_READ_MS = 1500;

type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

export class Commands {
  #walked = false;

  constructor(private readonly app: House) {}

  /** What had to wait for this window. */
  async goOn(): Promise<void> {
    await openRemembered(this.app).catch((e: unknown) => this.app.log.warn(toCrossflowError(e).line));
  }

  async run(id: CommandId, args: readonly unknown[]): Promise<void> {
    try {
      const uris = args.filter((arg) => arg instanceof vscode.Uri);
      // The title bar of a webview sends the place of the webview itself.
      await this.#table[id](uris.find(({ scheme }) => scheme !== 'webview-panel'));
    } catch (e) {
      const error = toCrossflowError(e);
      if (error.kind === 'cancelled') return;
      this.app.log.error(error.line, error.cause ?? '');
      void vscode.window.showErrorMessage(`Crossflow: ${error.line}`);
    }
  }

  readonly #table: Readonly<Record<CommandId, (uri: vscode.Uri | undefined) => Promise<void> | void>> = {
    [COMMANDS.openPanel]: async (uri) => {
      const flow = await this.#flow(uri);
      this.app.models.want(flow.experiment?.model);
      await this.app.panels.open(flow.uri);
    },
    [COMMANDS.run]: async (uri) => {
      const flow = await this.#flow(uri);
      if (flow.demand().subject.kind === 'dataset') await this.app.results.run(flow);
      else await flow.run();
    },
    [COMMANDS.runDataset]: async (uri) => this.app.results.run(await this.#flow(uri)),
    [COMMANDS.runStudy]: (uri) => this.app.studies.run(uri),
    [COMMANDS.studyStatus]: (uri) => this.app.studies.status(uri),
    [COMMANDS.studyReport]: (uri) => this.app.studies.report(uri),
    [COMMANDS.openResults]: async (uri) => this.app.results.open(await this.#flow(uri)),
    [COMMANDS.check]: async (uri) => showCheck(await this.#flow(uri)),
    [COMMANDS.cancel]: (uri) => this.#cancel(uri),
    [COMMANDS.restartEngine]: (uri) => this.app.restartEngines(this.#inFront(uri)),
    [COMMANDS.openExample]: () => openExample(this.app),
    [COMMANDS.newExperiment]: () => newExperiment(this.app),
    [COMMANDS.newFromFile]: (uri) => newFromFile(this.app, uri),
    [COMMANDS.newFromFolder]: (uri) => newFromFolder(this.app, uri),
    [COMMANDS.exportFigure]: async (uri) => exportWithPicker(await this.#flow(uri), this.app.panels, this.app.engine),
    [COMMANDS.downloadModel]: (uri) => downloadModel(this.app, this.#inFront(uri)),
    [COMMANDS.showOutput]: () => this.app.log.show(),
    [COMMANDS.playLayers]: () => this.app.panels.do('toggle-play', this.#inFront(undefined)),
    [COMMANDS.nextLayer]: () => this.app.panels.do('next-layer', this.#inFront(undefined)),
    [COMMANDS.previousLayer]: () => this.app.panels.do('previous-layer', this.#inFront(undefined)),
    [COMMANDS.clearPatches]: () => this.app.panels.do('clear-patches', this.#inFront(undefined)),
    [COMMANDS.lockPanel]: (uri) => this.app.panels.lock(true, this.#inFront(uri)),
    [COMMANDS.unlockPanel]: (uri) => this.app.panels.lock(false, this.#inFront(uri)),
    [COMMANDS.focusImage]: () => this.app.panels.do('focus-image', this.#inFront(undefined)),
    [COMMANDS.undo]: () => this.app.panels.active?.step('undo'),
    [COMMANDS.redo]: () => this.app.panels.active?.step('redo'),
    [COMMANDS.openWalkthrough]: async () => {
      const id = `${this.app.context.extension.id}#${WALKTHROUGH}`;
      const open = (): Thenable<unknown> =>
        vscode.commands.executeCommand('workbench.action.openWalkthrough', id, false);
      await open();
      if (this.#walked) return;
      this.#walked = true;
      // The editor reads extensions' walkthroughs when it first opens its page; what it does not know yet gives its own.
      const page = vscode.window.tabGroups.activeTabGroup.activeTab;
      await new Promise((resolve) => setTimeout(resolve, WALKTHROUGHS_READ_MS));
      if (page && vscode.window.tabGroups.activeTabGroup.activeTab?.input === page.input) await open();
    },
  };

  /** What is in front, where that works; else what does, and of several the one that is chosen. */
  async #cancel(uri: vscode.Uri | undefined): Promise<void> {
    const { working } = this.app;
    const front = this.#inFront(uri)?.uri.toString();
    const here = working.find((one) => one.uri.toString() === front) ?? (working.length === 1 ? working[0] : undefined);
    if (here) return this.app.cancel(here.uri);
    if (working.length === 0) return;
    const items = working.map((one) => ({ label: one.title, description: one.status.what, uri: one.uri }));
    const picked = await vscode.window.showQuickPick(items, { title: 'Crossflow', placeHolder: 'Cancel which run?' });
    if (picked) this.app.cancel(picked.uri);
  }

  /** What a command is about: the file it was called on, else the panel in front, else the text in front. */
  #inFront(uri: vscode.Uri | undefined): Flow | undefined {
    const known = (at: vscode.Uri | undefined): Flow | undefined => at && this.app.known(at);
    return known(uri) ?? this.app.panels.active?.flow ?? known(vscode.window.activeTextEditor?.document.uri);
  }

  async #flow(uri: vscode.Uri | undefined): Promise<Flow> {
    if (uri) return this.app.flow(uri);
    const panel = this.app.panels.active;
    if (panel) return panel.flow;
    const editors = [vscode.window.activeTextEditor, ...vscode.window.visibleTextEditors];
    const document = editors.find((editor) => editor && isFlow(editor.document))?.document;
    if (document) return this.app.flow(document.uri);
    const [found, ...more] = await experimentFiles();
    if (!found) throw new Error('there is no experiment here; "Crossflow: Open Example" brings one');
    if (more.length === 0) return this.app.flow(found);
    const picked = await vscode.window.showQuickPick(
      [found, ...more].map((file) => ({ label: vscode.workspace.asRelativePath(file), file })),
      { title: 'Crossflow', placeHolder: 'Which experiment?' },
    );
    if (!picked) throw toCrossflowError(new vscode.CancellationError());
    return this.app.flow(picked.file);
  }
}
