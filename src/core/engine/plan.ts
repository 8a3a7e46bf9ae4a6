/**
 * What a run will need, said before anything is loaded: memory, and, from measured layers, time. `planRun` refuses what
 * cannot fit and lowers a chunk budget that is too large.
 */
import { openCheckpoint, openTokenizer } from '../checkpoint';
import type { ModelSpec } from '../checkpoint/spec';
import type { Knockout, QuestionInput } from '../experiment/types';
import { cacheBytes, bytesPerToken } from './cache';
import { bytesPerRow } from './chunks';
import { type QuestionSeconds, secondsOf, totalOf } from './estimate';
import { heldWeights, type HeldWeights } from './held';
import { DEFAULT_CHUNK_BUDGET } from './limits';
import { type MachineMemory, machineMemory } from './memory';
import { type Times, measure } from './measure';
import { Questions } from './questions';
import type { Device, EngineOptions, RunControl } from './types';
import { type Verdict, verdictOf } from './verdict';
import { type Work, workOf } from './work';

/** From the least to the most of what a run meets. */
export type Range = readonly [least: number, most: number];

export interface MemoryPlan {
  readonly weights: HeldWeights;
  /** Keys, values and residuals of the clean runs that are held at a time, spare rows included. */
  readonly caches: number;
  /** Of these, what other questions on the same picture share. */
  readonly prefix: number;
  /** What the clean run hands over and its own values, for the rows of one call. */
  readonly clean: number;
  /** What a chunk of knockouts may take (as asked for), what it takes, and what it takes at the least. */
  readonly chunk: { readonly budget: number; readonly used: number; readonly least: number };
  /** Memory of the process at its peak; mapped weights are not in it. */
  readonly peak: number;
  /** The same with the smallest chunk. */
  readonly leastPeak: number;
  readonly machine: MachineMemory;
}

export interface TimePlan {
  /** Seconds until the model can be asked. */
  readonly load: number;
  /** Reading the weights from the disk, where they did not lie in memory already. */
  readonly read: number;
  /** Of one question; the mean where there are many. */
  readonly question: QuestionSeconds;
  /** All of it. */
  readonly total: number;
}

export interface RunPlan {
  readonly directory: string;
  readonly device: Device;
  /** Questions and pictures; 1 each for a single question. */
  readonly questions: number;
  readonly images: number;
  readonly tokens: Range;
  readonly imageTokens: Range;
  readonly knockouts: number;
  /** Points of all curves of a question: the variants that a run computes. */
  readonly variants: number;
  readonly memory: MemoryPlan;
  readonly verdict: Verdict;
  /** Left out when nothing was measured. */
  readonly time?: TimePlan;
}

/** Some questions that stand for all. */
export interface PlanSubject {
  readonly questions: readonly QuestionInput[];
  readonly knockouts: readonly Knockout[];
  readonly window: number;
  readonly method: 'fork' | 'full';
  /** How many there are in all; left out: those given. */
  readonly count?: { readonly questions: number; readonly images: number };
}

export interface PlanOptions {
  /** Measure layers and estimate times. */
  readonly measure: boolean;
  readonly machine?: MachineMemory;
}

/** Node, ONNX Runtime and this program, before a model is loaded. */
const PROCESS_BYTES = 150 * 1024 ** 2;
/** What ONNX Runtime's allocator keeps beyond what it uses: measured, see docs/large-models.md. */
const ALLOCATOR = 1.15;

/**
 * Plans a run. Reads config, headers, tokenizer and pictures; loads layers only to measure them, and only when the run
 * fits.
 * @throws CrossflowError `usage` for what is wrong in checkpoint or question, as the run would
 */
export async function planRun(
  directory: string,
  subject: PlanSubject,
  engine: EngineOptions,
  options: PlanOptions,
  control?: RunControl,
): Promise<RunPlan> {
  const spec = await openCheckpoint(directory);
  const questions = new Questions(spec, await openTokenizer(spec));
  const prepared: Prepared[] = [];
  for (const question of subject.questions) {
    const { info, image } = await questions.prepare(question);
    prepared.push({ ...info, tokens: info.tokens.length, tiles: image.prepared.tiles });
  }
  const worksOf = (budget: number): Work[] =>
    prepared.map((p) => workOf({ spec: spec.decoder, ...p, ...subject, budget }));
  const asked = engine.chunkBudget ?? DEFAULT_CHUNK_BUDGET;
  const machine = options.machine ?? machineMemory();
  const count = subject.count ?? { questions: prepared.length, images: prepared.length };
  const memory = (budget: number): MemoryPlan => memoryPlan(spec, worksOf(budget), budget, count.images, machine);
  const device = engine.device ?? 'cpu';
  const verdict = verdictOf(memory, asked, { spec, device });
  const budget = verdict.kind === 'lowered' ? verdict.budget : asked;
  const works = worksOf(budget);
  const times =
    options.measure && verdict.kind !== 'refused'
      ? await measure(spec, { ...engine, chunkBudget: budget }, works, control)
      : undefined;
  const range = (of: (p: Prepared) => number): Range => [
    Math.min(...prepared.map(of)),
    Math.max(...prepared.map(of)),
  ];
  return {
    directory,
    device,
    questions: count.questions,
    images: count.images,
    tokens: range((p) => p.tokens),
    imageTokens: range((p) => p.imageTokens),
    knockouts: subject.knockouts.length,
    variants: subject.knockouts.length * spec.decoder.layers,
    memory: memory(budget),
    verdict,
    ...(times && { time: timePlan(works, times, count) }),
  };
}

interface Prepared {
  readonly tokens: number;
  readonly imageStart: number;
  readonly imageTokens: number;
  readonly tiles: number;
  readonly sets: Readonly<Record<string, readonly number[]>>;
}

/** A new picture's cache is made before the last one's is given up. */
const CACHES_OF_MANY = 2;

export function memoryPlan(
  spec: ModelSpec,
  works: readonly Work[],
  budget: number,
  images: number,
  machine: MachineMemory,
): MemoryPlan {
  const { decoder } = spec;
  const weights = heldWeights(spec);
  const most = (of: (w: Work) => number): number => Math.max(0, ...works.map(of));
  const tokens = most((w) => w.tokens);
  const caches = cacheBytes(decoder, tokens) * (images > 1 ? CACHES_OF_MANY : 1);
  const scores = 3 * 4 * decoder.heads * tokens;
  const row = bytesPerRow(decoder, tokens);
  // What the run hands over (keys, values, residuals of every layer), before it is copied into the cache.
  const cleanOf = (rows: number, own: number): number => rows * bytesPerToken(decoder) + own;
  const block = most((w) => Math.max(...w.prefixCalls.map((c) => c.rows)));
  const clean = cleanOf(block, Math.min(block * row, budget + block * (row - scores)));
  const used = most((w) => w.chunkBytes);
  const least = most((w) => Math.max(0, ...w.knockoutCalls.map((c) => c.rows * row)));
  const fixed = PROCESS_BYTES + weights.anonymous + caches;
  return {
    weights,
    caches,
    prefix: most((w) => w.prefix) * bytesPerToken(decoder),
    clean,
    chunk: { budget, used, least },
    peak: fixed + ALLOCATOR * (weights.working + Math.max(clean, used)),
    leastPeak: fixed + ALLOCATOR * (weights.working + Math.max(cleanOf(1, row), least)),
    machine,
  };
}

function timePlan(works: readonly Work[], times: Times, count: { questions: number; images: number }): TimePlan {
  const all = works.map((w) => secondsOf(w, times));
  const mean = (of: (s: QuestionSeconds) => number): number => all.reduce((sum, s) => sum + of(s), 0) / all.length;
  const question: QuestionSeconds = {
    image: mean((s) => s.image),
    prefix: mean((s) => s.prefix),
    question: mean((s) => s.question),
    lens: mean((s) => s.lens),
    knockouts: mean((s) => s.knockouts),
    click: mean((s) => s.click),
  };
  const picture = question.image + question.prefix;
  const each = totalOf(question) - picture;
  return {
    load: times.load,
    read: times.read,
    question,
    total: times.load + times.read + count.images * picture + count.questions * each,
  };
}
