/** What a run will need: its memory, and, from measured layers, its time. Pure; planner.ts puts it together. */
import type { ModelSpec } from '../checkpoint/spec';
import { cacheBytes, bytesPerToken } from './cache';
import { bytesPerRow } from './chunks';
import { type QuestionSeconds, secondsOf, totalOf } from './estimate';
import { heldWeights, type HeldWeights } from './held';
import type { MachineMemory } from './memory';
import type { Times } from './measure';
import type { Device } from './types';
import type { Verdict } from './verdict';
import type { Work } from './work';

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
  readonly chunk: {
    /** What a chunk of knockouts may take: as asked for, and as the memory allows. */
    readonly asked: number;
    readonly budget: number;
    /** What the largest one takes, and what it would take at the least. */
    readonly used: number;
    readonly least: number;
  };
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
  /** What is planned: a checkpoint alone (with a question as published), one question, or many. */
  readonly of: 'checkpoint' | 'question' | 'dataset';
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

/** Node, ONNX Runtime and this program, before a model is loaded. */
const PROCESS_BYTES = 150 * 1024 ** 2;
/** What ONNX Runtime's allocator keeps beyond what it uses: measured, see docs/large-models.md. */
const ALLOCATOR = 1.15;

/** A new picture's cache is made before the last one's is given up. */
const CACHES_OF_MANY = 2;

export function memoryPlan(
  spec: ModelSpec,
  works: readonly Work[],
  asked: number,
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
    chunk: { asked, budget, used, least },
    peak: fixed + ALLOCATOR * (weights.working + Math.max(clean, used)),
    leastPeak: fixed + ALLOCATOR * (weights.working + Math.max(cleanOf(1, row), least)),
    machine,
  };
}

/** `works` stand for all questions. */
export function timePlan(works: readonly Work[], times: Times, count: { questions: number; images: number }): TimePlan {
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
