/**
 * One data set run in an engine, from loading the model to the result. Free of the editor: views of it come and go, so
 * it keeps what it said last.
 */
import type { EngineOptions } from '../../core/engine/types';
import type { Experiment } from '../../core/experiment/types';
import type { RunOverview } from '../../core/report/overview-types';
import type { DatasetEvent, DatasetProgress } from '../../protocol/engine';
import type { PanelStatus } from '../../protocol/panel';
import { orAborted } from '../engine/abort';
import type { EnginePool } from '../engine/pool';
import { EngineGone } from '../engine/process';

export type RunState =
  | { readonly kind: 'loading'; /** 0 to 1, where known. */ readonly fraction?: number }
  | ({ readonly kind: 'asking' } & DatasetProgress);

/** As views and the status bar show it. */
export function runStatus(state: RunState): Extract<PanelStatus, { kind: 'busy' }> {
  if (state.kind === 'loading') {
    const { fraction } = state;
    return {
      kind: 'busy',
      what: 'Loading the model',
      ...(fraction !== undefined && { fraction }),
      cancellable: true,
    };
  }
  const { done, total, secondsLeft } = state;
  return {
    kind: 'busy',
    what: `${done} of ${total} questions`,
    ...(total > 0 && { fraction: done / total }),
    ...(secondsLeft !== undefined && { secondsLeft }),
    cancellable: true,
  };
}

export interface DatasetRunDeps {
  readonly pool: EnginePool;
  options(): EngineOptions;
  /** The checkpoint's folder. Throws `usage` or `cancelled`. */
  directory(model: Experiment['model']): Promise<string>;
  changed(state: RunState): void;
}

export class DatasetRun {
  readonly #abort = new AbortController();
  #state: RunState = { kind: 'loading' };

  constructor(
    private readonly experiment: Experiment,
    private readonly deps: DatasetRunDeps,
  ) {}

  get state(): RunState {
    return this.#state;
  }

  cancel(): void {
    this.#abort.abort();
  }

  /** Runs what the journal does not hold yet. Throws CrossflowError, `cancelled` after cancel(). */
  async result(): Promise<RunOverview> {
    const { experiment, deps } = this;
    const { signal } = this.#abort;
    this.#tell({ kind: 'loading' });
    const lease = await deps.pool.lease(await orAborted(deps.directory(experiment.model), signal), deps.options());
    try {
      const { engine } = lease;
      // A crash earlier must not stand in the way of a run that someone has just asked for.
      if (engine.state.kind === 'down') engine.restart();
      for (;;) {
        try {
          const loading = engine.open(({ done, total }) =>
            this.#tell({ kind: 'loading', ...(total > 0 && { fraction: Math.min(1, done / total) }) }),
          );
          await orAborted(loading, signal);
          return await engine.call('dataset', { experiment }, { signal, onEvent: (event) => this.#event(event) });
        } catch (e) {
          // An editor of the same model had its process ended: the journal has what is done, and the run goes on.
          if (!(e instanceof EngineGone && e.deliberate)) throw e;
          this.#tell({ kind: 'loading' });
        }
      }
    } finally {
      lease.release();
    }
  }

  #event(event: DatasetEvent): void {
    if (event.type !== 'dataset') return;
    const { done, total, secondsLeft } = event;
    this.#tell({ kind: 'asking', done, total, ...(secondsLeft !== undefined && { secondsLeft }) });
  }

  #tell(state: RunState): void {
    this.#state = state;
    this.deps.changed(state);
  }
}
