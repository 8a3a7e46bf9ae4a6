/** The extension at work: puts its parts together and keeps one Flow per experiment. */
import path from 'node:path';
import * as vscode from 'vscode';
import { keptModels } from './commands/choose-model';
import { Commands } from './commands/commands';
import { experimentTree } from './commands/tree';
import type { EngineHooks } from './engine/engine';
import { EnginePool } from './engine/pool';
import { exportFigure } from './export';
import type { Flow, FlowDeps } from './flow';
import { Flows } from './flows';
import { COMMANDS } from './ids';
import { Interrupted } from './interrupted';
import { Models } from './download';
import { downloadUi } from './download-ui';
import { Diagnostics } from './language/diagnostics';
import { registerLanguage } from './language/providers';
import { folderOf, runsByItself } from './models';
import { PanelManager } from './panel/manager';
import { ResultsManager } from './dataset/manager';
import { engineOptions, onEngineSettings } from './settings';
import { Studies } from './study/manager';
import { StatusBar, type Working } from './status';
import { lensWords } from './words';

export class App {
  readonly log = vscode.window.createOutputChannel('Crossflow', { log: true });
  readonly models = new Models(downloadUi((line) => this.log.info(line)));
  readonly pool: EnginePool;
  readonly panels: PanelManager;
  readonly results: ResultsManager;
  readonly studies: Studies;
  readonly flows: Flows;
  readonly interrupted: Interrupted;
  readonly commands: Commands;
  readonly tree = experimentTree;
  readonly #resultsChanged = new vscode.EventEmitter<Flow>();
  readonly #diagnostics = new Diagnostics();
  readonly #status: StatusBar;
  /** How processes are started. */
  readonly engine: EngineHooks;

  constructor(readonly context: vscode.ExtensionContext) {
    const extensionUri = context.extensionUri;
    const engine = (this.engine = {
      entry: path.join(context.extensionPath, 'dist', 'engine.js'),
      log: (line: string) => this.log.info(`engine: ${line}`),
    });
    this.pool = new EnginePool({ ...engine, changed: () => this.#status.refresh() });
    this.interrupted = new Interrupted(context.workspaceState);
    this.flows = new Flows({
      flow: this.#flowDeps(),
      diagnostics: this.#diagnostics,
      views: () => ({ panels: this.panels, results: this.results }),
      left: () => this.#status.refresh(),
    });
    const log = (line: string): void => this.log.warn(line);
    this.panels = new PanelManager({
      extensionUri,
      memory: context.workspaceState,
      flow: (uri) => this.flow(uri),
      known: (uri) => this.known(uri),
      closed: (flow) => this.flows.leave(flow),
      log,
      activeChanged: () => this.#status.refresh(),
      showOutput: () => this.log.show(true),
      exportFigure: (flow, request) => exportFigure(flow, request, engine),
    });
    this.results = new ResultsManager({
      extensionUri,
      pool: this.pool,
      engine,
      models: this.models,
      interrupted: this.interrupted,
      log,
      panels: this.panels,
      flow: (uri) => this.flow(uri),
      changed: () => this.#status.refresh(),
      closed: (flow) => this.flows.leave(flow),
    });
    this.studies = new Studies({
      models: this.models,
      engine,
      interrupted: this.interrupted,
      changed: () => this.#status.refresh(),
    });
    this.commands = new Commands(this);
    this.#status = new StatusBar({
      pool: this.pool,
      working: () => this.working,
      inPanel: () => this.panels.active?.flow.uri,
    });
    context.subscriptions.push(
      this.log,
      this.#diagnostics,
      this.#resultsChanged,
      this.#status,
      { dispose: () => this.#dispose() },
      registerLanguage({
        flow: (document) => this.known(document.uri),
        diagnostics: this.#diagnostics,
        resultsChanged: this.#resultsChanged.event,
        keptModels: keptModels(context),
      }),
      this.flows.watch(),
      onEngineSettings(() => void this.#offerRun()),
    );
    void this.#tellInterrupted();
  }

  /** The experiment at a place, as its text is now; opened when it is not. */
  flow(uri: vscode.Uri): Promise<Flow> {
    return this.flows.open(uri);
  }

  known(uri: vscode.Uri): Flow | undefined {
    return this.flows.known(uri);
  }

  /** A text has just got its first content. */
  opened(document: vscode.TextDocument): Promise<void> {
    return this.flows.opened(document);
  }

  get working(): readonly Working[] {
    const live = this.flows.all.flatMap(({ uri, title, session: { status } }) =>
      status.kind === 'busy' ? [{ uri, title, status }] : [],
    );
    return [...live, ...this.results.working, ...this.studies.working];
  }

  /** Ends what an experiment is at: its live run, its check, its data set run. */
  cancel(uri: vscode.Uri): void {
    this.known(uri)?.session.cancel();
    this.results.cancel(uri);
    this.studies.cancel(uri);
  }

  /** A new process for one experiment's model, or for all; what was on the screen of it is computed anew. */
  async restartEngines(flow?: Flow): Promise<void> {
    const own = flow?.session.engine;
    const engines = own ? [own] : this.pool.engines;
    for (const engine of engines) engine.restart();
    const flows = this.flows.all.filter(
      ({ live, session }) => live && session.engine && engines.includes(session.engine),
    );
    await Promise.all(flows.map(({ session }) => session.run()));
  }

  #flowDeps(): FlowDeps {
    return {
      pool: this.pool,
      options: engineOptions,
      directory: (model) => this.models.locate(model),
      want: (model) => this.models.want(model),
      folderOf,
      runsByItself,
      planning: this.engine,
      words: lensWords,
      statusChanged: () => this.#status.refresh(),
      changed: (flow) => {
        this.#resultsChanged.fire(flow);
        this.#status.refresh();
        this.flows.diagnose(flow);
      },
      filesChanged: (flow) => this.flows.filesChanged(flow),
    };
  }

  /** An engine keeps the settings it was started with; loading a large model again is the user's to decide. */
  async #offerRun(): Promise<void> {
    const live = (): Flow[] => this.flows.all.filter(({ session }) => session.engine !== undefined);
    if (live().length === 0) return;
    const run = 'Run Again';
    const picked = await vscode.window.showInformationMessage(
      'Crossflow: the new settings take effect on the next run, which reloads the model.',
      run,
    );
    if (picked === run) for (const flow of live()) void flow.run().catch((e: unknown) => this.log.warn(String(e)));
  }

  /** A run that ended with its window: what it had finished is kept, and the rest is one click away. */
  async #tellInterrupted(): Promise<void> {
    if (!vscode.workspace.isTrusted) return;
    for (const { uri, kind } of await this.interrupted.take()) {
      const at = vscode.Uri.parse(uri, true);
      const resume = 'Resume';
      void vscode.window
        .showWarningMessage(
          `Crossflow: the run of ${vscode.workspace.asRelativePath(at)} ended when its window closed. Every finished question is kept.`,
          resume,
        )
        .then((picked) => {
          if (picked === resume)
            void this.commands.run(kind === 'study' ? COMMANDS.runStudy : COMMANDS.runDataset, [at]);
        });
    }
  }

  #dispose(): void {
    this.interrupted.close();
    this.panels.dispose();
    this.flows.dispose();
    this.pool.dispose();
  }
}
