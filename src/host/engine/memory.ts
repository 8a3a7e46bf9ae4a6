/** What engines take, as they last said: one that works answers only between chunks, and nobody should wait for it. */
import type { MemoryReport } from '../../protocol/engine';
import type { Engine } from './engine';

type Measured = Pick<Engine, 'memory' | 'generation' | 'state'>;

export class EngineMemory {
  readonly #asked = new WeakSet<Measured>();
  readonly #last = new WeakMap<Measured, { readonly generation: number; readonly report: MemoryReport }>();

  /** Asks, unless an answer is still to come; `arrived` is called with it. */
  ask(engine: Measured, arrived: () => void): void {
    if (this.#asked.has(engine)) return;
    this.#asked.add(engine);
    const { generation } = engine;
    void engine.memory().then((report) => {
      this.#asked.delete(engine);
      if (!report) return;
      this.#last.set(engine, { generation, report });
      arrived();
    });
  }

  /** Undefined when the process that is running now has not said yet. */
  last(engine: Measured): MemoryReport | undefined {
    const known = this.#last.get(engine);
    return engine.state.kind === 'running' && known?.generation === engine.generation ? known.report : undefined;
  }
}
