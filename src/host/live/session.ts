/**
 * The live loop of one config: every change of the text becomes a round that computes what the change made stale and
 * streams it; a newer change ends the older round. Free of the editor: the panel and the language features listen.
 */
import type { CheckResult, Curve, CurvePart, ModelInfo } from '../../core/engine/types';
import { cancelled, toCrossflowError, type CrossflowError } from '../../core/errors';
import type { Experiment, Knockout } from '../../core/experiment/types';
import { withAnswer } from '../../core/prompt/track';
import type { Asked } from '../../core/engine/result';
import type { EngineOptions, Progress } from '../../core/engine/types';
import type { CallName, EngineCalls } from '../../protocol/engine';
import type { HostToPanel, PanelStatus } from '../../protocol/panel';
import { orAborted } from '../engine/abort';
import type { Engine } from '../engine/engine';
import { CANCEL_GRACE_MS, EngineGone } from '../engine/process';
import type { EnginePool, Lease } from '../engine/pool';
import { BusyStatus } from './busy';
import { computableOf } from './facts';
import { pictureOf } from './picture';
import { asksOf, planRound, wanted, type Have, type Wanted } from './plan';
import type { Shown } from './shown';
import { typingPause } from './typing';

/** Curves of earlier states of the text that are kept, so that undo answers at once. */
const KEPT_CURVES = 500;
/** A round that a newer change ended may finish a long chunk: ending the engine would cost the loaded model. */
const SUPERSEDED_GRACE_MS = 20_000;

export interface LiveDeps {
  readonly pool: EnginePool;
  options(): EngineOptions;
  /** The checkpoint's folder; may ask the user whether a model may be fetched. Throws `usage` or `cancelled`. */
  directory(model: Experiment['model']): Promise<string>;
  /** Words that the lens follows. */
  words(experiment: Experiment): readonly string[];
  send(message: HostToPanel): void;
  /** Something that the text shows (answer, curves, problems found by the engine) changed. */
  changed(): void;
  /** What is going on changed. */
  statusChanged?(): void;
}

export interface CheckOptions {
  readonly signal?: AbortSignal;
  progress?(status: Extract<PanelStatus, { kind: 'busy' }>): void;
}

const NOTHING: Shown = { knockouts: [], curves: [] };

/** What stands, and in which life of the engine it was computed. */
type Held = Have & { generation: number; curves: Map<string, Curve> };

export class LiveSession {
  #experiment: Experiment | undefined;
  #lease: { readonly key: string; readonly lease: Lease; readonly listener: { dispose(): void } } | undefined;
  #have: Held | undefined;
  #shown: Shown = NOTHING;
  #parts: CurvePart[] = [];
  #status: PanelStatus = { kind: 'idle' };
  /** Has all been computed that the text asks for? */
  #complete = false;
  #error: CrossflowError | undefined;
  #abort: AbortController | undefined;
  #round: Promise<void> = Promise.resolve();
  #grace = CANCEL_GRACE_MS;
  /** The last clean run, or the one on its way. */
  #cleanRun: { readonly began: number; ended?: number } | undefined;
  #disposed = false;

  constructor(
    readonly id: string,
    private readonly deps: LiveDeps,
  ) {}

  get shown(): Shown {
    return this.#shown;
  }
  get status(): PanelStatus {
    return this.#status;
  }
  /** Why the last round failed, for diagnostics. */
  get error(): CrossflowError | undefined {
    return this.#error;
  }
  get engine(): Engine | undefined {
    return this.#lease?.lease.engine;
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
    const { began, ended = Date.now() } = this.#cleanRun ?? { began: 0, ended: 0 };
    const same = this.#have?.seen === want?.seen && this.#have?.model === want?.model;
    return typingPause(want === undefined || same ? 0 : ended - began);
  }

  /** Computes everything anew, also when nothing changed: files on disk may have. */
  run(): Promise<void> {
    this.#have = undefined;
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
    const { model, picture, example, about = '', clean, lens, knockouts, curves } = this.#shown;
    if (model) this.deps.send({ type: 'model', model });
    if (picture) this.deps.send({ type: 'picture', png: picture.png ?? null });
    this.deps.send({ type: 'example', example: example ?? null, about, fresh: true });
    if (clean) this.deps.send({ type: 'clean', clean });
    this.deps.send({ type: 'curves', knockouts, curves });
    for (const part of this.#parts) this.deps.send({ type: 'curve-part', part });
    if (lens) this.deps.send({ type: 'lens', lens });
    this.deps.send({ type: 'status', status: this.#status });
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
    this.#drop();
  }

  get #prepared(): boolean {
    const { engine } = this;
    return (
      engine?.state.kind === 'running' && this.#have?.sets !== undefined && this.#have.generation === engine.generation
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
      } else
        this.#finish({ kind: 'error', message: error.message, ...(error.hint && { hint: error.hint }) }, error, busy);
    } finally {
      if (this.#abort === abort) this.#abort = undefined;
    }
  }

  async #compute(experiment: Experiment, want: Wanted, signal: AbortSignal, busy: BusyStatus): Promise<void> {
    const stop = (): void => {
      if (signal.aborted) throw cancelled();
    };
    // Shown only when it takes its time: a question, a download.
    busy.phase('Waiting for the model');
    const engine = await this.#engineFor(experiment, signal);
    stop();
    busy.phase('Loading the model');
    const model = await this.#cancellableOpen(engine, signal, (progress) => busy.progress(progress));
    stop();
    if (this.#have?.generation !== engine.generation)
      this.#have = this.#have && { ...this.#have, generation: engine.generation, sets: undefined };
    const plan = planRound(this.#have, want);
    let compute: readonly number[] = [];
    if (plan.open || this.#shown.model === undefined) this.#show({ ...NOTHING, model }, { type: 'model', model });
    const call = <K extends RunName>(
      name: K,
      params: Omit<EngineCalls[K]['params'], 'session'>,
    ): Promise<EngineCalls[K]['result']> =>
      engine.call(
        name,
        { session: this.id, ...params },
        {
          signal,
          cancelGrace: () => this.#grace,
          onEvent: (event) => {
            if (event.type === 'progress') busy.progress(event.progress);
            else this.#part(compute, event.part);
          },
        },
      );
    if (plan.prepare === 'all') {
      this.#have = { model: want.model, seen: '', clean: false, curves: new Map(), generation: engine.generation };
      busy.phase('Reading the picture');
    }
    if (plan.prepare !== 'no') {
      const example = await call('prepare', { question: want.question, anew: plan.prepare === 'all' });
      this.#have = {
        ...(this.#have ?? { clean: false, curves: new Map<string, Curve>() }),
        model: want.model,
        seen: want.seen,
        sets: want.sets,
        generation: engine.generation,
      };
      const fresh = plan.prepare === 'all';
      if (fresh) await this.#showPicture(want.question.image, engine, signal);
      stop();
      const { picture } = this.#shown;
      const about = asksOf(want);
      const rest = fresh ? { ...NOTHING, model, ...(picture && { picture }) } : this.#shown;
      this.#show({ ...rest, example, about }, { type: 'example', example, about, fresh });
    }
    const asked: Asked = { model: experiment.model, question: want.question, method: want.method };
    this.#shown = { ...this.#shown, asked };
    const remember = (change: Partial<Have>): void => {
      this.#have = { ...this.#have!, ...change } as Held;
    };
    const knockouts = want.knockouts.map(({ knockout }) => knockout);
    // What cannot be computed stays in the list, without a curve: a set that was just cleared, one that the question lacks.
    const runs = new Set(computableOf(experiment, this.#shown));
    compute = plan.compute.filter((i) => runs.has(knockouts[i]));
    this.#parts = [];
    this.#show({ ...this.#shown, knockouts, curves: plan.kept }, { type: 'curves', knockouts, curves: plan.kept });
    if (plan.clean) {
      busy.phase('Clean run', { image: 'the picture', answer: 'the answer' });
      const timed: { readonly began: number; ended?: number } = (this.#cleanRun = { began: Date.now() });
      const clean = await call('clean', {}).finally(() => (timed.ended = Date.now()));
      remember({ clean: true });
      this.#show({ ...this.#shown, clean }, { type: 'clean', clean });
    }
    if (plan.lens) {
      busy.phase('Logit lens');
      const own = this.#shown.clean?.answer.text ?? '';
      const lens = await call('lens', { words: experiment.track ?? withAnswer(want.words, own) });
      remember({ words: want.words });
      this.#show({ ...this.#shown, lens }, { type: 'lens', lens });
    }
    if (compute.length === 0) return;
    busy.phase(compute.length === 1 ? 'Knockout' : `${compute.length} knockouts`);
    const list = compute.map((i) => want.knockouts[i].knockout);
    const computed = await call('knockouts', { list, ...(want.method === 'full' && { method: want.method }) });
    const curves = [...this.#shown.curves];
    compute.forEach((at, i) => {
      const curve = computed[i];
      curves[at] = curve;
      this.#have!.curves.set(want.knockouts[at].key, curve);
    });
    for (const key of this.#have!.curves.keys()) {
      if (this.#have!.curves.size <= KEPT_CURVES) break;
      this.#have!.curves.delete(key);
    }
    this.#parts = [];
    this.#show({ ...this.#shown, curves }, { type: 'curves', knockouts, curves });
  }

  /** Before the example, whose patches lie on it; before the clean run, which may keep the process for minutes. */
  async #showPicture(file: string, engine: Engine, signal: AbortSignal): Promise<void> {
    const known = this.#shown.picture;
    const picture = await pictureOf(file, known, () => engine.call('picture', { file }, { signal }));
    if (picture === known || signal.aborted) return;
    this.#show({ ...this.#shown, picture }, { type: 'picture', png: picture.png ?? null });
  }

  /** Loading cannot be stopped, only left behind. */
  async #cancellableOpen(engine: Engine, signal: AbortSignal, progress: (p: Progress) => void): Promise<ModelInfo> {
    return orAborted(engine.open(progress), signal);
  }

  async #engineFor(experiment: Experiment, signal: AbortSignal): Promise<Engine> {
    const options = this.deps.options();
    const key = JSON.stringify([experiment.model, options]);
    if (this.#lease?.key === key) return this.#lease.lease.engine;
    const directory = await orAborted(this.deps.directory(experiment.model), signal);
    const lease = await this.deps.pool.lease(directory, options);
    if (this.#disposed) {
      lease.release();
      throw cancelled();
    }
    this.#drop();
    this.#have = undefined;
    const listener = lease.engine.onState((state) => {
      // A round on its way speaks for itself; between rounds nobody else would.
      if (this.#abort) return;
      if (state.kind === 'down') this.#setStatus({ kind: 'engine-down', message: state.message });
      else if (this.#status.kind === 'engine-down') this.#revived();
    });
    this.#lease = { key, lease, listener };
    return lease.engine;
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

  #drop(): void {
    const held = this.#lease;
    this.#lease = undefined;
    if (!held) return;
    held.listener.dispose();
    const { engine } = held.lease;
    if (engine.state.kind === 'running') engine.call('release', { session: this.id }).catch(() => undefined);
    held.lease.release();
  }

  /** `computed`: places in the config of the knockouts that run. */
  #part(computed: readonly number[], part: CurvePart): void {
    const index = computed[part.index];
    if (index === undefined) return;
    const moved = { ...part, index };
    this.#parts.push(moved);
    this.deps.send({ type: 'curve-part', part: moved });
  }

  #show(shown: Shown, message: HostToPanel): void {
    this.#shown = shown;
    this.deps.send(message);
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

type RunName = Exclude<CallName, 'open' | 'dataset' | 'results' | 'picture' | 'figure' | 'memory' | 'release'>;
