/**
 * Plans runs of one checkpoint. Reads config, headers, tokenizer and pictures; loads layers only to measure them, and
 * only when the run fits.
 */
import { openTokenizer, type Tokenizer } from '../checkpoint/tokenizer';
import type { ModelSpec } from '../spec';
import { toCrossflowError, type CrossflowError } from '../errors';
import { blocking } from '../experiment/edges';
import { knockoutSets, type Knockout, type QuestionInput } from '../experiment/types';
import { checkDevice } from '../engine/devices';
import { DEFAULT_CHUNK_BUDGET } from '../engine/limits';
import { machineMemory } from './memory';
import { measure, type Times } from './measure';
import { memoryPlan, timePlan } from './plan';
import type { MachineMemory, MemoryPlan, Range, RunPlan, Verdict } from './plan-types';
import { OpenModel } from '../engine/model';
import { Parts } from '../engine/parts';
import { type PreparedQuestion, Questions } from '../engine/questions';
import { platform } from '../engine/session';
import { openCheckpoint } from '../families';
import type { EngineOptions, RunControl } from '../engine/types';
import { typicalPictures, type PlannedQuestion } from './typical';
import { verdictOf } from './verdict';
import { viewsOf, type Work, workOf } from './work';

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
  /** Of one question, too, a set that it cannot have is left out, and so is a knockout that names it. */
  readonly lenient?: boolean;
}

/** How a plan is made. */
export interface Planning {
  /** Measure layers (once a planner) and estimate times. */
  readonly measure: boolean;
  readonly control?: RunControl;
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

interface Prompts {
  readonly tokenizer: Tokenizer;
  readonly questions: Questions;
}

export class Planner {
  private opened?: Promise<Prompts>;
  /** Of the first plan: its layers stand for all. */
  private times?: Times;

  private constructor(
    readonly spec: ModelSpec,
    private readonly engine: EngineOptions,
  ) {}

  /** @throws CrossflowError `usage` when the checkpoint cannot be used, or the device is not of this platform */
  static async open(directory: string, engine: EngineOptions): Promise<Planner> {
    if (engine.device && engine.device !== 'cpu') checkDevice(engine.device, platform());
    const spec = await openCheckpoint(directory);
    return new Planner(spec, engine);
  }

  private prompts(): Promise<Prompts> {
    return (this.opened ??= openTokenizer(this.spec).then((tokenizer) => ({
      tokenizer,
      questions: new Questions(this.spec, tokenizer),
    })));
  }

  /** Loads the model as planned: with the chunk budget that fits. */
  async load({ verdict }: RunPlan): Promise<OpenModel> {
    const options = { ...this.engine, ...(verdict.kind === 'lowered' && { chunkBudget: verdict.budget }) };
    const { tokenizer, questions } = await this.prompts();
    return new OpenModel(this.spec, tokenizer, await Parts.create(this.spec, options), questions);
  }

  /**
   * The checkpoint alone, asked six curves about a picture in the published way. `pictures`: memory for whatever picture
   * comes, or for a usual one (they differ where pictures are tiled).
   */
  checkpoint(
    planning: Planning,
    pictures: 'any' | 'usual' = 'any',
    method: PlanSubject['method'] = 'fork',
  ): Promise<RunPlan> {
    const { all, usual, knockouts, window } = typicalPictures(this.spec);
    const subject = { knockouts, window, method };
    const counted: Counted = { of: 'checkpoint', questions: 1, images: 1, strict: true };
    return this.make(pictures === 'any' ? all : [usual], [usual], subject, counted, planning);
  }

  /**
   * @throws CrossflowError `usage` for what is wrong in a question, of a data set where that is so in every one looked at;
   * `cancelled` when stopped
   */
  async run(subject: PlanSubject, planning: Planning): Promise<RunPlan> {
    const prepared: PlannedQuestion[] = [];
    const { many, lenient = many !== undefined } = subject;
    let unasked: CrossflowError | undefined;
    for (const question of subject.questions) {
      try {
        const { info, image } = await this.prepare(question, lenient, many !== undefined);
        prepared.push({ ...info, tokens: info.tokens.length, ...viewsOf(image.prepared.layout) });
      } catch (e) {
        // A data set run goes on after a question that cannot be asked; the others stand for it.
        if (!many) throw e;
        unasked ??= toCrossflowError(e);
      }
    }
    if (prepared.length === 0 && unasked) throw unasked;
    const counted: Counted = many
      ? { of: 'dataset', ...many, strict: false }
      : { of: 'question', questions: prepared.length, images: prepared.length, strict: !lenient };
    return this.make(prepared, prepared, subject, counted, planning);
  }

  /** `lenient`: sets of the user's own need not exist in every question; `boxes`: nor need the boxes be right. */
  private async prepare(question: QuestionInput, lenient: boolean, boxes: boolean): Promise<PreparedQuestion> {
    const { questions } = await this.prompts();
    if (!boxes) return questions.prepare(question, lenient);
    const { objects: _, ...rest } = question;
    return questions.prepare(question, lenient).catch(() => questions.prepare(rest, lenient));
  }

  private async make(
    all: readonly PlannedQuestion[],
    timed: readonly PlannedQuestion[],
    subject: Pick<PlanSubject, 'knockouts' | 'window' | 'method'>,
    counted: Counted,
    planning: Planning,
  ): Promise<RunPlan> {
    const { spec } = this;
    const machine = planning.machine ?? machineMemory();
    const { decoder } = spec;
    const asked = this.engine.chunkBudget ?? DEFAULT_CHUNK_BUDGET;
    const works = (questions: readonly PlannedQuestion[], budget: number): Work[] =>
      questions.map((q) => {
        const here = (k: Knockout): boolean => counted.strict || knockoutSets(k).every((name) => q.sets[name]?.length);
        const knockouts = blocking(subject.knockouts.filter(here), q.sets);
        return workOf({ ...subject, ...q, knockouts, spec: decoder, budget });
      });
    const memoryAt = (budget: number): MemoryPlan =>
      memoryPlan(spec, works(all, budget), asked, budget, counted.images, machine);
    const device = this.engine.device ?? 'cpu';
    const verdict: Verdict = verdictOf(memoryAt, asked, spec);
    const budget = verdict.kind === 'lowered' ? verdict.budget : asked;
    const measured = works(timed, budget);
    if (planning.measure && verdict.kind !== 'refused') {
      this.times ??= await measure(spec, { ...this.engine, chunkBudget: budget }, measured, planning.control);
    }
    const times = planning.measure ? this.times : undefined;
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
      ...(times && { time: timePlan(measured, times, counted) }),
    };
  }
}
