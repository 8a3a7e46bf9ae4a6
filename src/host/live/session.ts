/**
 * The live loop of one config: every change of the text becomes a round that computes what the change made stale and
 * streams it; a newer change ends the older round. Free of the editor: the panel and the language features listen.
 */
import type { CheckResult } from '../../core/engine/types';
import { cancelled, toCrossflowError, type CrossflowError } from '../../core/errors';
import type { Experiment, Knockout } from '../../core/experiment/types';
import type { EngineCalls } from '../../protocol/engine';
import type { PanelStatus } from '../../protocol/panel';
import { orAborted } from '../engine/abort';
import type { Engine, EngineState } from '../engine/engine';
import { CANCEL_GRACE_MS, EngineGone } from '../engine/process';
import { banner } from '../subject';
import { Board, type BoardDeps } from './board';
import { BusyStatus } from './busy';
import { HeldEngine, type HoldingDeps } from './lease';
import { wanted, type Wanted } from './plan';
import { Round, type Memory } from './round';
import type { Shown } from './shown';
import { typingPause } from './typing';

/** A round that a newer change ended may finish a long chunk: ending the engine would cost the loaded model. */
const SUPERSEDED_GRACE_MS = 20_000;

export interface LiveDeps extends HoldingDeps, BoardDeps {
  /** Words that the lens follows. */
  words(experiment: Experiment): readonly string[];
  /** What is going on changed. */
  statusChanged?(): void;
}

export interface CheckOptions {
  readonly signal?: AbortSignal;
  progress?(status: Extract<PanelStatus, { kind: 'busy' }>): void;
}

export class LiveSession {
  #experiment: Experiment | undefined;
  readonly #held: HeldEngine;
  readonly #board: Board;
  readonly #memory: Memory = { have: undefined, cleanRun: undefined };
  #status: PanelStatus = { kind: 'idle' };
  /** Has all been computed that the text asks for? */
  #complete = false;
  #error: CrossflowError | undefined;
  #abort: AbortController | undefined;
  #round: Promise<void> = Promise.resolve();
  #grace = CANCEL_GRACE_MS;
  #disposed = false;

  constructor(
    readonly id: string,
    private readonly deps: LiveDeps,
  ) {
    this.#board = new Board(deps);
    this.#held = new HeldEngine(id, deps, (state) => this.#engineChanged(state));
  }

  get shown(): Shown {
    return this.#board.shown;
  }
  get status(): PanelStatus {
    return this.#status;
  }
  /** Why the last round failed, for diagnostics. */
  get error(): CrossflowError | undefined {
    return this.#error;
  }
  get engine(): Engine | undefined {
    return this.#held.engine;
  }

  /** The text says something else now. Undefined: it cannot be read, so the last one that could stays. */
  update(experiment: Experiment | undefined): Promise<void> {
    if (!experiment) return this.#round;
    this.#experiment = experiment;
    return this.#start();
  }

  /** How long a typist must pause before this text is run, in milliseconds. */
  pauseFor(experiment: Experiment | undefined): number {
    const want = experiment && wanted(experiment, []);
    const { began, ended = Date.now() } = this.#memory.cleanRun ?? { began: 0, ended: 0 };
    const same = this.#memory.have?.seen === want?.seen && this.#memory.have?.model === want?.model;
    return typingPause(want === undefined || same ? 0 : ended - began);
  }

  /** Computes everything anew, also when nothing changed: files on disk may have. */
  run(): Promise<void> {
    this.#memory.have = undefined;
    return this.#start();
  }

  cancel(): void {
    this.#grace = CANCEL_GRACE_MS;
    this.#abort?.abort();
  }

  /** After a crash. Another editor of the same model may have started its process anew already. */
  restart(): Promise<void> {
    if (this.engine?.state.kind === 'down') this.engine.restart();
    return this.run();
  }

  /** Everything that is shown, for a panel that has just come up. */
  replay(): void {
    this.#board.replay(this.#status);
  }

  /**
   * Computes curves both ways. Like a run it shows as busy, and ends on cancel() or with the next change of the text;
   * it waits for a run that is on its way.
   */
  async check(list: readonly Knockout[], options: CheckOptions = {}): Promise<CheckResult> {
    if (!this.#prepared && !this.#abort) void this.#start();
    while (this.#abort) await this.#round;
    if (!this.#prepared || !this.engine) throw this.#error ?? cancelled();
    const abort = (this.#abort = new AbortController());
    const signal = options.signal ? AbortSignal.any([abort.signal, options.signal]) : abort.signal;
    const checked = this.#checked(this.engine, list, { ...options, signal }, abort);
    this.#round = checked.then(
      () => undefined,
      () => undefined,
    );
    return checked;
  }

  async #checked(
    engine: Engine,
    list: readonly Knockout[],
    options: CheckOptions,
    abort: AbortController,
  ): Promise<CheckResult> {
    const before = this.#status;
    this.#grace = CANCEL_GRACE_MS;
    const busy = new BusyStatus((status) => {
      this.#setStatus(status);
      options.progress?.(status);
    });
    let phase = '';
    try {
      return await engine.call(
        'check',
        { session: this.id, list },
        {
          ...(options.signal && { signal: options.signal }),
          cancelGrace: () => this.#grace,
          onEvent: (event) => {
            const now = event.progress.phase === 'full' ? 'Check: full passes' : 'Check: by rows';
            if (now !== phase) busy.phase((phase = now));
            busy.progress(event.progress);
          },
        },
      );
    } finally {
      busy.end();
      if (this.#abort === abort) {
        this.#abort = undefined;
        const { state } = engine;
        this.#setStatus(state.kind === 'down' ? { kind: 'engine-down', message: state.message } : before);
      }
    }
  }

  /**
   * A question of the panel about the example that is shown. Aborted, it is left behind: the engine goes on with what
   * others asked.
   */
  async ask<K extends 'attention' | 'tokenLens'>(
    name: K,
    params: Omit<EngineCalls[K]['params'], 'session'>,
    signal?: AbortSignal,
  ): Promise<EngineCalls[K]['result']> {
    // A run that is on its way lets questions in between its chunks; only the example must stand.
    if (!this.#prepared) await this.#round;
    if (!this.#prepared) await this.#start();
    if (!this.engine) throw this.#error ?? cancelled();
    return this.engine.call(name, { session: this.id, ...params } as EngineCalls[K]['params'], {
      ...(signal && { signal, cancelGrace: () => undefined }),
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#abort?.abort();
    this.#held.dispose();
  }

  get #prepared(): boolean {
    const { engine } = this;
    return (
      engine?.state.kind === 'running' &&
      this.#memory.have?.sets !== undefined &&
      this.#memory.have.generation === engine.generation
    );
  }

  #start(): Promise<void> {
    const before = this.#round;
    if (this.#abort) this.#grace = SUPERSEDED_GRACE_MS;
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    return (this.#round = before.then(() => this.#runRound(abort)));
  }

  async #runRound(abort: AbortController): Promise<void> {
    if (abort.signal.aborted || this.#disposed) {
      // Cancelled while it waited for an older round to end.
      if (this.#abort === abort && !this.#disposed) {
        this.#abort = undefined;
        this.#setStatus({ kind: 'cancelled' });
      }
      return;
    }
    const experiment = this.#experiment;
    const want = experiment && wanted(experiment, this.deps.words(experiment));
    if (!experiment || !want) {
      // The question became a data set: what its older round said of being busy is over.
      this.#abort = undefined;
      this.#error = undefined;
      this.#setStatus({ kind: 'idle' });
      return this.deps.changed();
    }
    this.#grace = CANCEL_GRACE_MS;
    const busy = new BusyStatus((status) => this.#setStatus(status));
    try {
      await this.#compute(experiment, want, abort.signal, busy);
      this.#finish({ kind: 'idle' }, undefined, busy);
    } catch (e) {
      const error = toCrossflowError(e);
      // A newer round follows and speaks for itself.
      if (this.#abort !== abort && abort.signal.aborted) return busy.end();
      const { engine } = this;
      if (engine?.state.kind === 'down')
        this.#finish({ kind: 'engine-down', message: engine.state.message }, error, busy);
      else if (error.kind === 'cancelled') this.#finish({ kind: 'cancelled' }, undefined, busy);
      else if (e instanceof EngineGone && e.deliberate && !this.#disposed) {
        // Another editor of the same model had its process ended: this one's work goes on in the next.
        busy.end();
        return await this.#runRound(abort);
      } else this.#finish({ kind: 'error', ...banner(error) }, error, busy);
    } finally {
      if (this.#abort === abort) this.#abort = undefined;
    }
  }

  async #compute(experiment: Experiment, want: Wanted, signal: AbortSignal, busy: BusyStatus): Promise<void> {
    // Shown only when it takes its time: a question, a download.
    busy.phase('Waiting for the model');
    const { engine, isNew } = await this.#held.for(experiment, signal);
    if (isNew) this.#memory.have = undefined;
    if (signal.aborted) throw cancelled();
    busy.phase('Loading the model');
    // Loading cannot be stopped, only left behind.
    const model = await orAborted(
      engine.open((progress) => busy.progress(progress)),
      signal,
    );
    await new Round({
      ...{ session: this.id, experiment, want, engine, model, signal, busy },
      memory: this.#memory,
      board: this.#board,
      cancelGrace: () => this.#grace,
    }).run();
  }

  /** A round on its way speaks for itself; between rounds nobody else would. */
  #engineChanged(state: EngineState): void {
    if (this.#abort) return;
    if (state.kind === 'down') this.#setStatus({ kind: 'engine-down', message: state.message });
    else if (this.#status.kind === 'engine-down') this.#revived();
  }

  /**
   * Another editor of the same model had the process started again. What crashed it may have been this one's work, so
   * that waits to be asked for.
   */
  #revived(): void {
    this.#error = undefined;
    this.#setStatus({ kind: this.#complete ? 'idle' : 'cancelled' });
    this.deps.changed();
  }

  #finish(status: PanelStatus, error: CrossflowError | undefined, busy: BusyStatus): void {
    busy.end();
    this.#complete = status.kind === 'idle';
    this.#error = error;
    this.#setStatus(status);
    this.deps.changed();
  }

  #setStatus(status: PanelStatus): void {
    this.#status = status;
    this.deps.send({ type: 'status', status });
    this.deps.statusChanged?.();
  }
}
