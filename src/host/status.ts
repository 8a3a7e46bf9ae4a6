/** The item in the status bar: what runs, and how much memory the engines take. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { EnginePool } from './engine/pool';
import type { Flow } from './flow';
import { COMMANDS, CONTEXT } from './ids';

const POLL_MS = 3000;
const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MB`;

export class StatusBar {
  readonly #item = vscode.window.createStatusBarItem('crossflow.status', vscode.StatusBarAlignment.Right, 90);
  #timer: NodeJS.Timeout | undefined;
  #busy = false;

  constructor(
    private readonly pool: EnginePool,
    private readonly flows: () => readonly Flow[],
  ) {
    this.#item.name = 'Crossflow';
    this.#item.command = COMMANDS.showOutput;
  }

  /** Soon, and from then on as long as an engine runs. */
  refresh(): void {
    const busy = this.flows().some(({ session }) => session.status.kind === 'busy');
    if (busy !== this.#busy) {
      this.#busy = busy;
      void vscode.commands.executeCommand('setContext', CONTEXT.busy, busy);
    }
    if (this.#timer) return;
    this.#timer = setTimeout(() => void this.#update(), 100);
  }

  async #update(): Promise<void> {
    const lines: string[] = [];
    let resident = 0;
    let down = false;
    for (const engine of this.pool.engines) {
      const memory = await engine.memory();
      const name = path.basename(engine.directory);
      down ||= engine.state.kind === 'down';
      if (engine.state.kind === 'down') lines.push(`**${name}**: ${engine.state.message}`);
      if (!memory) continue;
      resident += memory.resident;
      lines.push(
        `**${name}**: ${megabytes(memory.resident)}, of which caches ${megabytes(memory.caches)} (process ${engine.pid})`,
      );
    }
    this.#timer = undefined;
    if (this.pool.engines.length === 0) return this.#item.hide();
    const working = this.flows().find(({ session }) => session.status.kind === 'busy')?.session.status;
    const what =
      working?.kind === 'busy' ? `$(sync~spin) ${working.what}` : down ? '$(error) engine ended' : '$(circuit-board)';
    this.#item.text = resident > 0 ? `${what} Crossflow ${megabytes(resident)}` : `${what} Crossflow`;
    this.#item.tooltip = new vscode.MarkdownString(lines.join('\n\n') || 'The engine is starting.');
    this.#item.backgroundColor = down ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    this.#item.show();
    this.#timer = setTimeout(() => void this.#update(), POLL_MS);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#item.dispose();
  }
}
