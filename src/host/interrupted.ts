/**
 * Runs that ended with their window. The editor lets no extension keep a window open, so what runs is written down: the
 * next window says what was interrupted, and offers to go on. Finished questions are in the journals either way.
 */
import type { Memento, Uri } from 'vscode';
import { STATE } from './ids';

/** Said of a run while there is time: before it has cost anything. */
export const ENDS_WITH_WINDOW = 'closing this window ends the run; finished questions are kept';
/** The same in few words, beside its progress. */
export const ENDS_SHORT = 'ends with this window';

export interface InterruptedRun {
  /** As text. */
  readonly uri: string;
  readonly kind: 'dataset' | 'study';
}

export class Interrupted {
  #closing = false;

  constructor(private readonly memory: Pick<Memento, 'get' | 'update'>) {}

  async began(uri: Pick<Uri, 'toString'>, kind: InterruptedRun['kind']): Promise<void> {
    const others = this.#known().filter((run) => run.uri !== uri.toString());
    await this.memory.update(STATE.running, [...others, { uri: uri.toString(), kind }]);
  }

  /** The run has ended while its window was there to see it. */
  async ended(uri: Pick<Uri, 'toString'>): Promise<void> {
    if (this.#closing) return;
    const others = this.#known().filter((run) => run.uri !== uri.toString());
    await this.memory.update(STATE.running, others.length > 0 ? others : undefined);
  }

  /** The window closes: what ends from now on is interrupted. */
  close(): void {
    this.#closing = true;
  }

  /** What the last window was at, told once. */
  async take(): Promise<readonly InterruptedRun[]> {
    const runs = this.#known();
    if (runs.length > 0) await this.memory.update(STATE.running, undefined);
    return runs;
  }

  #known(): readonly InterruptedRun[] {
    return this.memory.get<readonly InterruptedRun[]>(STATE.running) ?? [];
  }
}
