/** The extension at work: puts its parts together and keeps one Flow per experiment. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { keptModels } from './commands/choose-model';
import { Commands } from './commands/commands';
import { experimentTree } from './commands/tree';
import { isFlow, isStudy, openAt, parsed } from './documents';
import type { EngineHooks } from './engine/engine';
import { EnginePool } from './engine/pool';
import { exportFigure } from './export';
import { Flow, type FlowDeps } from './flow';
import type { TextChange } from './history';
import { Models } from './download';
import { downloadUi } from './download-ui';
import { Diagnostics } from './language/diagnostics';
import { registerLanguage } from './language/providers';
import { folderOf, runsByItself } from './models';
import { isWithin, movedTo } from './moves';
import { PanelManager } from './panel/manager';
import { ResultsManager } from './dataset/manager';
import { engineOptions, onEngineSettings, runOnOpen } from './settings';
import { StatusBar, type Working } from './status';
import { lensWords } from './words';

/** Editors inside another, such as the sides of a comparison or a peek, have no column. */
const isMain = ({ viewColumn }: vscode.TextEditor): boolean => viewColumn !== undefined;
/** After a change of results or files, problems are looked for once, not at every message. */
const DIAGNOSE_AFTER_MS = 200;

/** Only a typist makes one small change after the other; the panel's edits are whole. */
function changeOf(
  reason: vscode.TextDocumentChangeReason | undefined,
  changes: readonly vscode.TextDocumentContentChangeEvent[],
): TextChange {
  if (reason === vscode.TextDocumentChangeReason.Undo) return 'undo';
  if (reason === vscode.TextDocumentChangeReason.Redo) return 'redo';
  return changes.some(({ text, rangeLength }) => text.length > 1 || rangeLength > 1) ? 'edit' : 'key';
}

export class App {
  readonly log = vscode.window.createOutputChannel('Crossflow', { log: true });
  readonly models = new Models(downloadUi((line) => this.log.info(line)));
  readonly pool: EnginePool;
  readonly panels: PanelManager;
  readonly results: ResultsManager;
  readonly commands: Commands;
  readonly tree = experimentTree;
  readonly #flows = new Map<string, Flow>();
  readonly #resultsChanged = new vscode.EventEmitter<Flow>();
  readonly #diagnostics = new Diagnostics();
  readonly #diagnose = new Map<string, NodeJS.Timeout>();
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
    const log = (line: string): void => this.log.warn(line);
    this.panels = new PanelManager({
      extensionUri,
      flow: (uri) => this.flow(uri),
      closed: (flow) => this.#leave(flow),
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
      log,
      panels: this.panels,
      flow: (uri) => this.flow(uri),
      changed: () => this.#status.refresh(),
      closed: (flow) => this.#leave(flow),
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
        flow: (document) => this.#flows.get(document.uri.toString()),
        diagnostics: this.#diagnostics,
        resultsChanged: this.#resultsChanged.event,
        keptModels: keptModels(context),
      }),
      vscode.workspace.onDidOpenTextDocument((document) => void this.opened(document)),
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.#shown(editor))),
      vscode.window.onDidChangeTextEditorViewColumn(({ textEditor }) => this.#shown(textEditor)),
      vscode.workspace.onDidChangeTextDocument((event) => this.#edited(event)),
      vscode.workspace.onDidCloseTextDocument((document) => void this.#closed(document)),
      vscode.workspace.onDidRenameFiles(({ files }) => void this.#renamed(files)),
      vscode.workspace.onDidDeleteFiles(({ files }) => this.#deleted(files)),
      vscode.workspace.onDidSaveTextDocument((document) => this.#diagnoseSoon(document)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#trusted()),
      onEngineSettings(() => void this.#offerRun()),
    );
    for (const document of vscode.workspace.textDocuments) void this.opened(document);
  }

  /** The experiment at a place, as its text is now; opened when it is not. */
  async flow(uri: vscode.Uri): Promise<Flow> {
    const document = await vscode.workspace.openTextDocument(uri);
    const known = this.known(uri);
    if (known) known.catchUp(document);
    return known ?? this.#add(document);
  }

  known(uri: vscode.Uri): Flow | undefined {
    return this.#flows.get(uri.toString());
  }

  get working(): readonly Working[] {
    const live = [...this.#flows.values()].flatMap(({ uri, title, session: { status } }) =>
      status.kind === 'busy' ? [{ uri, title, status }] : [],
    );
    return [...live, ...this.results.working];
  }

  /** Ends what an experiment is at: its live run, its check, its data set run. */
  cancel(uri: vscode.Uri): void {
    this.known(uri)?.session.cancel();
    this.results.cancel(uri);
  }

  /** A new process for one experiment's model, or for all; what was on the screen of it is computed anew. */
  async restartEngines(flow?: Flow): Promise<void> {
    const own = flow?.session.engine;
    const engines = own ? [own] : this.pool.engines;
    for (const engine of engines) engine.restart();
    const flows = [...this.#flows.values()].filter(
      ({ live, session }) => live && session.engine && engines.includes(session.engine),
    );
    await Promise.all(flows.map(({ session }) => session.run()));
  }

  #add(document: vscode.TextDocument): Flow {
    const flow = new Flow(document.uri, this.#flowDeps());
    this.#flows.set(document.uri.toString(), flow);
    flow.read(document, 'edit');
    return flow;
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
        this.#diagnoseFlow(flow);
      },
      filesChanged: (flow) => {
        this.#diagnoseFlow(flow);
        this.#lookAgain(flow);
      },
    };
  }

  /** A text is there, or has just got its first content: it is checked, and runs when it is shown and small. */
  async opened(document: vscode.TextDocument): Promise<void> {
    if (isStudy(document)) this.#diagnoseSoon(document);
    if (!isFlow(document)) return;
    const flow = this.known(document.uri);
    // While a panel alone showed it, the file may have changed.
    if (flow) flow.catchUp(document);
    // A new text that is being saved is open twice for a moment; when the first closes, its Flow comes here.
    else if (document.isUntitled || !this.known(document.uri.with({ scheme: 'untitled' }))) this.#add(document);
    this.#diagnoseSoon(document);
    if (vscode.window.visibleTextEditors.some((editor) => editor.document === document && isMain(editor)))
      await this.#look(document);
  }

  #shown(editor: vscode.TextEditor): void {
    if (isFlow(editor.document) && isMain(editor)) void this.#look(editor.document);
  }

  /** Someone looks at a text. Others open it too, such as comparisons and searches: nothing runs for those. */
  async #look(document: vscode.TextDocument): Promise<void> {
    const { computable } = parsed(document);
    if (computable && runOnOpen() && vscode.workspace.isTrusted && (await runsByItself(computable)))
      this.known(document.uri)?.start();
  }

  #edited({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (isStudy(document)) this.#diagnoseSoon(document);
    if (!isFlow(document) || contentChanges.length === 0) return;
    const flow = this.known(document.uri);
    flow?.read(document, changeOf(reason, contentChanges));
    if (flow) this.panels.get(flow)?.allowPicture();
    this.#diagnoseSoon(document);
  }

  /** A text closed. One that was never on the disk is either there now, or thrown away. */
  async #closed(document: vscode.TextDocument): Promise<void> {
    if (isStudy(document)) this.#diagnostics.forget(document.uri);
    const flow = this.known(document.uri);
    if (!flow) return;
    if (document.isUntitled && !openAt(document.uri)) {
      const saved = this.#savedAs(document);
      if (saved) return this.#move(flow, saved);
      this.panels.close(flow);
    }
    this.#leave(flow);
  }

  /** Where a text that was new is now: at the place it was meant for, or where its very words are shown since. */
  #savedAs(document: vscode.TextDocument): vscode.Uri | undefined {
    const own = document.uri.with({ scheme: 'file' });
    if (existsSync(own.fsPath)) return own;
    const text = document.getText();
    return vscode.workspace.textDocuments.find((other) => {
      const flow = this.known(other.uri);
      return isFlow(other) && !other.isUntitled && other.getText() === text && !(flow && this.panels.get(flow));
    })?.uri;
  }

  async #renamed(files: readonly { readonly oldUri: vscode.Uri; readonly newUri: vscode.Uri }[]): Promise<void> {
    for (const flow of [...this.#flows.values()]) {
      const to = files.map((file) => movedTo(flow.uri, file)).find((uri) => uri !== undefined);
      if (to) await this.#move(flow, to);
    }
  }

  #deleted(files: readonly vscode.Uri[]): void {
    for (const flow of [...this.#flows.values()]) {
      // What has not been saved stays in the editor.
      if (files.some((file) => isWithin(flow.uri, file)) && !openAt(flow.uri)?.isDirty) this.panels.close(flow);
    }
  }

  /** The experiment is in another file now; its session, its panel and its results stay with it. */
  async #move(flow: Flow, to: vscode.Uri): Promise<void> {
    const document = await vscode.workspace.openTextDocument(to);
    const there = this.known(to);
    if (there === flow) return;
    // The new text may have been seen before the old one closed.
    if (there && (this.panels.get(there) || this.results.has(there))) this.panels.close(flow);
    else {
      this.#flows.delete(flow.uri.toString());
      this.#diagnostics.forget(flow.uri);
      there?.dispose();
      this.#flows.set(to.toString(), flow);
      flow.moveTo(document);
      this.panels.moved(flow);
      this.results.moved(flow);
      this.#diagnoseSoon(document);
    }
    this.#leave(flow);
  }

  /** The text, the panel or the results closed: when all are gone, so is the session. */
  #leave(flow: Flow): void {
    const key = flow.uri.toString();
    if (this.#flows.get(key) !== flow || openAt(flow.uri) || this.panels.get(flow) || this.results.has(flow)) return;
    this.#flows.delete(key);
    this.#diagnostics.forget(flow.uri);
    flow.dispose();
    this.#status.refresh();
  }

  #trusted(): void {
    for (const document of vscode.workspace.textDocuments) void this.opened(document);
    for (const flow of this.#flows.values()) if (this.panels.get(flow)) flow.show();
  }

  /** An engine keeps the settings it was started with; loading a large model again is the user's to decide. */
  async #offerRun(): Promise<void> {
    const live = (): Flow[] => [...this.#flows.values()].filter(({ session }) => session.engine !== undefined);
    if (live().length === 0) return;
    const run = 'Run Again';
    const picked = await vscode.window.showInformationMessage(
      'Crossflow: the changed settings hold from the next run on, which loads the model anew.',
      run,
    );
    if (picked === run) for (const flow of live()) void flow.run().catch((e: unknown) => this.log.warn(String(e)));
  }

  /** What kept a text from running when it was shown may be there now. */
  #lookAgain({ uri }: Flow): void {
    const shown = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
    if (shown) this.#shown(shown);
  }

  #diagnoseFlow({ uri }: Flow): void {
    const document = openAt(uri);
    if (document) this.#diagnoseSoon(document);
  }

  #diagnoseSoon(document: vscode.TextDocument): void {
    const study = isStudy(document);
    if (!study && !isFlow(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.#diagnose.get(key));
    this.#diagnose.set(
      key,
      setTimeout(() => {
        this.#diagnose.delete(key);
        if (study) this.#diagnostics.updateStudy(document);
        else void this.#diagnostics.update(document, this.known(document.uri));
      }, DIAGNOSE_AFTER_MS),
    );
  }

  #dispose(): void {
    for (const timer of this.#diagnose.values()) clearTimeout(timer);
    for (const flow of this.#flows.values()) flow.dispose();
    this.#flows.clear();
    this.pool.dispose();
  }
}
