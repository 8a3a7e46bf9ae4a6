/** The extension at work: puts its parts together and keeps one Flow per experiment. */
import path from 'node:path';
import * as vscode from 'vscode';
import { Commands } from './commands/commands';
import { experimentTree } from './commands/tree';
import { isFlow, parsed } from './documents';
import type { EngineHooks } from './engine/engine';
import { EnginePool } from './engine/pool';
import { exportFigure } from './export';
import { Flow, type FlowDeps } from './flow';
import { Models } from './download';
import { downloadUi } from './download-ui';
import { Diagnostics } from './language/diagnostics';
import { registerLanguage } from './language/providers';
import { folderOf, runsByItself } from './models';
import { PanelManager } from './panel/manager';
import { ResultsManager } from './dataset/manager';
import { engineOptions, runOnOpen } from './settings';
import { StatusBar, type Working } from './status';
import { lensWords } from './words';

/** After a change of results or files, problems are looked for once, not at every message. */
const DIAGNOSE_AFTER_MS = 200;

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
      closed: (flow) => this.#leave(flow.uri),
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
        bundledModels: path.join(context.extensionPath, 'models'),
      }),
      vscode.workspace.onDidOpenTextDocument((document) => void this.opened(document)),
      vscode.workspace.onDidChangeTextDocument((event) => this.#edited(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.#leave(document.uri)),
      vscode.workspace.onDidSaveTextDocument((document) => this.#diagnoseSoon(document)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#trusted()),
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
    flow.read(document, true);
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
        const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === flow.uri.toString());
        if (document) this.#diagnoseSoon(document);
      },
    };
  }

  /** A text is there, or has just got its first content: it is checked, and runs when it is small enough to. */
  async opened(document: vscode.TextDocument): Promise<void> {
    if (!isFlow(document)) return;
    const flow = this.known(document.uri);
    // While a panel alone showed it, the file may have changed.
    if (flow) flow.catchUp(document);
    else this.#add(document);
    this.#diagnoseSoon(document);
    const { experiment } = parsed(document);
    if (experiment && runOnOpen() && vscode.workspace.isTrusted && (await runsByItself(experiment)))
      this.known(document.uri)?.start();
  }

  #edited({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (!isFlow(document) || contentChanges.length === 0) return;
    const flow = this.known(document.uri);
    // Only a typist makes one small change after the other; undo and the panel's edits are whole.
    const whole =
      reason !== undefined || contentChanges.some((change) => change.text.length > 1 || change.rangeLength > 1);
    flow?.read(document, whole);
    if (flow) this.panels.get(flow)?.allowPicture();
    this.#diagnoseSoon(document);
  }

  /** The text or the panel closed: when both are gone, so is the session. */
  #leave(uri: vscode.Uri): void {
    const key = uri.toString();
    const flow = this.#flows.get(key);
    if (!flow) return;
    const open = vscode.workspace.textDocuments.some(
      (document) => document.uri.toString() === key && !document.isClosed,
    );
    if (open || this.panels.get(flow)) return;
    this.#flows.delete(key);
    this.#diagnostics.forget(uri);
    flow.dispose();
    this.#status.refresh();
  }

  #trusted(): void {
    for (const document of vscode.workspace.textDocuments) void this.opened(document);
    for (const flow of this.#flows.values()) if (this.panels.get(flow)) flow.show();
  }

  #diagnoseSoon(document: vscode.TextDocument): void {
    if (!isFlow(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.#diagnose.get(key));
    this.#diagnose.set(
      key,
      setTimeout(() => {
        this.#diagnose.delete(key);
        void this.#diagnostics.update(document, this.known(document.uri));
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
