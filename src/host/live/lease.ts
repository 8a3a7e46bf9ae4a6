/** The engine that an experiment holds, one at a time: another model or other settings give the one before back. */
import type { EngineOptions } from '../../core/engine/types';
import { cancelled } from '../../core/errors';
import type { Experiment } from '../../core/experiment/types';
import { orAborted } from '../engine/abort';
import type { Engine, EngineState } from '../engine/engine';
import type { EnginePool, Lease } from '../engine/pool';

export interface HoldingDeps {
  readonly pool: EnginePool;
  options(): EngineOptions;
  /** The checkpoint's folder; may ask the user whether a model may be fetched. Throws `usage` or `cancelled`. */
  directory(model: Experiment['model']): Promise<string>;
}

export class HeldEngine {
  #held: { readonly key: string; readonly lease: Lease; readonly listener: { dispose(): void } } | undefined;
  #disposed = false;

  constructor(
    /** The session that the engine knows this experiment by. */
    private readonly session: string,
    private readonly deps: HoldingDeps,
    private readonly onState: (state: EngineState) => void,
  ) {}

  get engine(): Engine | undefined {
    return this.#held?.lease.engine;
  }

  /** `isNew`: nothing of what was computed holds. Throws CrossflowError `cancelled` when stopped. */
  async for(
    experiment: Experiment,
    signal: AbortSignal,
  ): Promise<{ readonly engine: Engine; readonly isNew: boolean }> {
    const options = this.deps.options();
    const key = JSON.stringify([experiment.model, options]);
    if (this.#held?.key === key) return { engine: this.#held.lease.engine, isNew: false };
    const directory = await orAborted(this.deps.directory(experiment.model), signal);
    const lease = await this.deps.pool.lease(directory, options);
    if (this.#disposed) {
      lease.release();
      throw cancelled();
    }
    this.#drop();
    this.#held = { key, lease, listener: lease.engine.onState(this.onState) };
    return { engine: lease.engine, isNew: true };
  }

  dispose(): void {
    this.#disposed = true;
    this.#drop();
  }

  #drop(): void {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    held.listener.dispose();
    const { engine } = held.lease;
    if (engine.state.kind === 'running') engine.call('release', { session: this.session }).catch(() => undefined);
    held.lease.release();
  }
}
