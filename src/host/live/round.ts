/** One round of the live loop: computes what a text needs anew, piece by piece, and shows each as it comes. */
import type { Asked } from '../../core/engine/result';
import type { Curve, ModelInfo } from '../../core/engine/types';
import { cancelled } from '../../core/errors';
import type { Experiment } from '../../core/experiment/types';
import { withAnswer } from '../../core/prompt/track';
import type { CallName, EngineCalls } from '../../protocol/engine';
import type { Engine } from '../engine/engine';
import type { Board } from './board';
import type { BusyStatus } from './busy';
import { computableOf } from './facts';
import { pictureOf } from './picture';
import { asksOf, planRound, type Have, type Plan, type Wanted } from './plan';

/** Curves of earlier states of the text that are kept, so that undo answers at once. */
const KEPT_CURVES = 500;

/** What stands, and in which life of the engine it was computed. */
type Held = Have & { generation: number; curves: Map<string, Curve> };

/** What rounds leave to the next. */
export interface Memory {
  have: Held | undefined;
  /** The last clean run, or the one on its way. */
  cleanRun: { readonly began: number; ended?: number } | undefined;
}

export interface RoundDeps {
  /** The session that the engine knows this experiment by. */
  readonly session: string;
  readonly experiment: Experiment;
  readonly want: Wanted;
  /** Open. */
  readonly engine: Engine;
  readonly model: ModelInfo;
  readonly memory: Memory;
  readonly board: Board;
  readonly busy: BusyStatus;
  readonly signal: AbortSignal;
  /** Milliseconds that a stopped call gets before the engine is ended. */
  cancelGrace(): number;
}

/** Throws what the engine throws; `cancelled` when stopped. */
export class Round {
  /** Places in the text of the knockouts that are being computed. */
  #computing: readonly number[] = [];

  constructor(private readonly deps: RoundDeps) {}

  async run(): Promise<void> {
    const { engine, model, want, memory, board } = this.deps;
    if (memory.have?.generation !== engine.generation)
      memory.have = memory.have && { ...memory.have, generation: engine.generation, sets: undefined };
    const plan = planRound(memory.have, want);
    if (plan.open || board.shown.model === undefined) board.showOnly({ model }, { type: 'model', model });
    if (plan.prepare !== 'no') await this.#prepare(plan.prepare);
    this.#list(plan);
    if (plan.clean) await this.#clean();
    if (plan.lens) await this.#lens();
    if (this.#computing.length > 0) await this.#curves();
  }

  /** `all`: the example is about something else than the one before. */
  async #prepare(what: Exclude<Plan['prepare'], 'no'>): Promise<void> {
    const { engine, want, memory, board, busy, model } = this.deps;
    const fresh = what === 'all';
    const none = { model: want.model, clean: false, curves: new Map<string, Curve>(), generation: engine.generation };
    if (fresh) {
      memory.have = { ...none, seen: '' };
      busy.phase('Reading the picture');
    }
    const example = await this.#call('prepare', { question: want.question, anew: fresh });
    const { model: id, seen, sets } = want;
    memory.have = { ...(memory.have ?? none), model: id, seen, sets, generation: engine.generation };
    if (fresh) await this.#picture();
    if (this.deps.signal.aborted) throw cancelled();
    const about = asksOf(want);
    const message = { type: 'example', example, about, fresh } as const;
    const { picture } = board.shown;
    if (fresh) board.showOnly({ model, ...(picture && { picture }), example, about }, message);
    else board.show({ example, about }, message);
  }

  /** Before the example, whose patches lie on it; before the clean run, which may keep the process for minutes. */
  async #picture(): Promise<void> {
    const { board, engine, signal, want } = this.deps;
    const file = want.question.image;
    const known = board.shown.picture;
    const picture = await pictureOf(file, known, () => engine.call('picture', { file }, { signal }));
    if (picture === known || signal.aborted) return;
    board.show({ picture }, { type: 'picture', png: picture.png ?? null });
  }

  /** What is asked, and which of its curves are known. */
  #list({ compute, kept: curves }: Plan): void {
    const { experiment, want, board } = this.deps;
    const asked: Asked = { model: experiment.model, question: want.question, method: want.method };
    board.note({ asked });
    const knockouts = want.knockouts.map(({ knockout }) => knockout);
    // What cannot be computed stays in the list, without a curve: a set that was just cleared, one that the question lacks.
    const runs = new Set(computableOf(experiment, board.shown));
    this.#computing = compute.filter((i) => runs.has(knockouts[i]));
    board.showCurves({ knockouts, curves });
  }

  async #clean(): Promise<void> {
    const { memory, board, busy } = this.deps;
    busy.phase('Clean run', { image: 'the picture', answer: 'the answer' });
    const timed: { readonly began: number; ended?: number } = (memory.cleanRun = { began: Date.now() });
    const clean = await this.#call('clean', {}).finally(() => (timed.ended = Date.now()));
    this.#remember({ clean: true });
    board.show({ clean }, { type: 'clean', clean });
  }

  async #lens(): Promise<void> {
    const { experiment, want, board, busy } = this.deps;
    busy.phase('Logit lens');
    const own = board.shown.clean?.answer.text ?? '';
    const lens = await this.#call('lens', { words: experiment.track ?? withAnswer(want.words, own) });
    this.#remember({ words: want.words });
    board.show({ lens }, { type: 'lens', lens });
  }

  async #curves(): Promise<void> {
    const { want, memory, board, busy } = this.deps;
    const compute = this.#computing;
    busy.phase(compute.length === 1 ? 'Knockout' : `${compute.length} knockouts`);
    const list = compute.map((i) => want.knockouts[i].knockout);
    const computed = await this.#call('knockouts', {
      list,
      ...(want.method === 'full' && { method: want.method }),
    });
    const curves = [...board.shown.curves];
    const known = memory.have!.curves;
    compute.forEach((at, i) => {
      curves[at] = computed[i];
      known.set(want.knockouts[at].key, computed[i]);
    });
    for (const key of known.keys()) {
      if (known.size <= KEPT_CURVES) break;
      known.delete(key);
    }
    board.showCurves({ knockouts: board.shown.knockouts, curves });
  }

  #remember(change: Partial<Have>): void {
    this.deps.memory.have = { ...this.deps.memory.have!, ...change } as Held;
  }

  #call<K extends RunName>(
    name: K,
    params: Omit<EngineCalls[K]['params'], 'session'>,
  ): Promise<EngineCalls[K]['result']> {
    const { engine, session, signal, busy, board } = this.deps;
    return engine.call(
      name,
      { session, ...params },
      {
        signal,
        cancelGrace: () => this.deps.cancelGrace(),
        onEvent: (event) => {
          if (event.type === 'progress') return busy.progress(event.progress);
          const index = this.#computing[event.part.index];
          if (index !== undefined) board.part({ ...event.part, index });
        },
      },
    );
  }
}

type RunName = Extract<CallName, 'prepare' | 'clean' | 'lens' | 'knockouts'>;
