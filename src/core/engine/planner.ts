/**
 * Plans runs of one checkpoint. Reads config, headers, tokenizer and pictures; loads layers only to measure them, and
 * only when the run fits.
 */
import { openCheckpoint, openTokenizer } from '../checkpoint';
import type { ModelSpec } from '../checkpoint/spec';
import { knockoutSets } from '../experiment/edges';
import type { Knockout, QuestionInput } from '../experiment/types';
import { DEFAULT_CHUNK_BUDGET } from './limits';
import { type MachineMemory, machineMemory } from './memory';
import { measure, type Times } from './measure';
import { memoryPlan, type MemoryPlan, type Range, type RunPlan, timePlan } from './plan';
import { Questions } from './questions';
import type { EngineOptions, RunControl } from './types';
import { typicalPictures, type PlannedQuestion } from './typical';
import { type Verdict, verdictOf } from './verdict';
import { type Work, workOf } from './work';

export interface PlanSubject {
  /** All questions, or some that stand for them. */
  readonly questions: readonly QuestionInput[];
  readonly knockouts: readonly Knockout[];
  readonly window: number;
  readonly method: 'fork' | 'full';
  /**
   * Of a data set: how many there are in all. A knockout whose sets a question lacks is then left out, as its run does.
   */
  readonly many?: { readonly questions: number; readonly images: number };
}

export interface PlannerOptions {
  /** Measure layers and estimate times. */
  readonly measure: boolean;
  /** Left out: what this machine has now. */
  readonly machine?: MachineMemory;
}

interface Counted {
  readonly of: RunPlan['of'];
  readonly questions: number;
  readonly images: number;
  /** Whether each knockout must find its sets. */
  readonly strict: boolean;
}

export class Planner {
  private readonly questions: Questions;
  private readonly machine: MachineMemory;
  /** Of the first plan: its layers stand for all. */
  private times?: Times;

  private constructor(
    readonly spec: ModelSpec,
    questions: Questions,
    private readonly engine: EngineOptions,
    private readonly options: PlannerOptions,
  ) {
    this.questions = questions;
    this.machine = options.machine ?? machineMemory();
  }

  /** @throws CrossflowError `usage` when the checkpoint cannot be used */
  static async open(directory: string, engine: EngineOptions, options: PlannerOptions): Promise<Planner> {
    const spec = await openCheckpoint(directory);
    return new Planner(spec, new Questions(spec, await openTokenizer(spec)), engine, options);
  }

  /** The checkpoint alone, asked six curves about a picture in the published way. */
  checkpoint(control?: RunControl): Promise<RunPlan> {
    const { pictures, typical, knockouts, window } = typicalPictures(this.spec);
    const subject = { knockouts, window, method: 'fork' as const };
    const counted: Counted = { of: 'checkpoint', questions: 1, images: 1, strict: true };
    return this.make(pictures, [typical], subject, counted, control);
  }

  /** @throws CrossflowError `usage` for what is wrong in a question, as its run would; `cancelled` when stopped */
  async run(subject: PlanSubject, control?: RunControl): Promise<RunPlan> {
    const prepared: PlannedQuestion[] = [];
    for (const question of subject.questions) {
      const { info, image } = await this.questions.prepare(question);
      prepared.push({ ...info, tokens: info.tokens.length, tiles: image.prepared.tiles });
    }
    const { many } = subject;
    const counted: Counted = many
      ? { of: 'dataset', ...many, strict: false }
      : { of: 'question', questions: prepared.length, images: prepared.length, strict: true };
    return this.make(prepared, prepared, subject, counted, control);
  }

  private async make(
    all: readonly PlannedQuestion[],
    timed: readonly PlannedQuestion[],
    subject: Pick<PlanSubject, 'knockouts' | 'window' | 'method'>,
    counted: Counted,
    control?: RunControl,
  ): Promise<RunPlan> {
    const { spec, machine } = this;
    const { decoder } = spec;
    const works = (questions: readonly PlannedQuestion[], budget: number): Work[] =>
      questions.map((q) => {
        const here = (k: Knockout): boolean => counted.strict || knockoutSets(k).every((name) => q.sets[name]?.length);
        return workOf({ ...subject, ...q, knockouts: subject.knockouts.filter(here), spec: decoder, budget });
      });
    const memoryAt = (budget: number): MemoryPlan =>
      memoryPlan(spec, works(all, budget), budget, counted.images, machine);
    const device = this.engine.device ?? 'cpu';
    const asked = this.engine.chunkBudget ?? DEFAULT_CHUNK_BUDGET;
    const verdict: Verdict = verdictOf(memoryAt, asked, { spec, device });
    const budget = verdict.kind === 'lowered' ? verdict.budget : asked;
    const measured = works(timed, budget);
    if (this.options.measure && verdict.kind !== 'refused') {
      this.times ??= await measure(spec, { ...this.engine, chunkBudget: budget }, measured, control);
    }
    const range = (of: (q: PlannedQuestion) => number): Range => [Math.min(...all.map(of)), Math.max(...all.map(of))];
    return {
      directory: spec.directory,
      device,
      of: counted.of,
      questions: counted.questions,
      images: counted.images,
      tokens: range((q) => q.tokens),
      imageTokens: range((q) => q.imageTokens),
      knockouts: subject.knockouts.length,
      variants: subject.knockouts.length * decoder.layers,
      memory: memoryAt(budget),
      verdict,
      ...(this.times && { time: timePlan(measured, this.times, counted) }),
    };
  }
}
