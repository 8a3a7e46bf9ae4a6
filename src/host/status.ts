/** The item in the status bar: what runs, and how much memory the engines take; and what menus know of it. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { PanelStatus } from '../protocol/panel';
import { EngineMemory } from './engine/memory';
import type { EnginePool } from './engine/pool';
import { COMMANDS, CONTEXT } from './ids';
import { statusWords, type EngineFacts } from './status-words';

const POLL_MS = 3000;
const SOON_MS = 100;

/** An experiment at work: its live loop, a check, or its data set run. */
export interface Working {
  readonly uri: vscode.Uri;
  readonly title: string;
  readonly status: Extract<PanelStatus, { kind: 'busy' }>;
}

export interface StatusDeps {
  readonly pool: EnginePool;
  working(): readonly Working[];
  /** The experiment whose panel is in front. */
  inPanel(): vscode.Uri | undefined;
}

export class StatusBar {
  readonly #item = vscode.window.createStatusBarItem('crossflow.status', vscode.StatusBarAlignment.Right, 90);
  readonly #memory = new EngineMemory();
  readonly #context = new Map<string, string>();
  #timer: { readonly handle: NodeJS.Timeout; readonly soon: boolean } | undefined;

  constructor(private readonly deps: StatusDeps) {
    this.#item.name = 'Crossflow';
    this.#item.command = COMMANDS.showOutput;
  }

  /** Soon, and from then on as long as an engine runs. */
  refresh(): void {
    const working = this.deps.working().map(({ uri }) => uri);
    const front = this.deps.inPanel()?.toString();
    this.#tell(CONTEXT.busy, working.length > 0);
    // Over a remote connection the window knows files by another scheme than we do, and on Windows by another path.
    this.#tell(
      CONTEXT.busyPaths,
      working.flatMap(({ path, fsPath }) => (path === fsPath ? [path] : [path, fsPath])),
    );
    this.#tell(
      CONTEXT.panelBusy,
      working.some((uri) => uri.toString() === front),
    );
    if (!this.#timer?.soon) this.#update(SOON_MS);
  }

  #tell(key: string, value: boolean | readonly string[]): void {
    const text = JSON.stringify(value);
    if (this.#context.get(key) === text) return;
    this.#context.set(key, text);
    void vscode.commands.executeCommand('setContext', key, value);
  }

  #update(after: number): void {
    clearTimeout(this.#timer?.handle);
    const handle = setTimeout(() => {
      this.#timer = undefined;
      const { engines } = this.deps.pool;
      for (const engine of engines) this.#memory.ask(engine, () => this.#show());
      this.#show();
      if (engines.length > 0) this.#update(POLL_MS);
    }, after);
    this.#timer = { handle, soon: after === SOON_MS };
  }

  #show(): void {
    const { engines } = this.deps.pool;
    if (engines.length === 0) return this.#item.hide();
    const facts = engines.map((engine): EngineFacts => {
      const memory = this.#memory.last(engine);
      const name = basename(engine.directory);
      if (engine.state.kind === 'down') return { name, down: engine.state.message };
      return { name, ...(memory && { memory }), ...(engine.pid !== undefined && { pid: engine.pid }) };
    });
    const working = this.deps.working().map(({ title, status }) => ({ title, what: status.what }));
    const { text, markdown, spoken } = statusWords(facts, working);
    this.#item.text = text;
    this.#item.tooltip = new vscode.MarkdownString(markdown);
    this.#item.accessibilityInformation = { label: spoken };
    const down = facts.some((engine) => engine.down !== undefined);
    this.#item.backgroundColor = down ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    this.#item.show();
  }

  dispose(): void {
    clearTimeout(this.#timer?.handle);
    this.#item.dispose();
  }
}
