/** What a plan says, as plain data: the panel shows it too. */
import type { Device } from '../engine/types';

export interface HeldWeights {
  /** `mapped`: used where they lie in the files; `copied`: laid out anew at load. */
  readonly how: 'mapped' | 'copied';
  /** Pages of the files that a run reads. The system may drop and read them again. */
  readonly mapped: number;
  /** Memory of the process itself: it must be there. */
  readonly anonymous: number;
  /** Held beside them during a run: room for the weights that are widened to f32 at a time. */
  readonly working: number;
}

export interface MachineMemory {
  /** Of the machine, or the limit that was set for this process. */
  readonly total: number;
  /** Can be had now without taking it from other programs; file pages that can be dropped count as free. */
  readonly available: number;
  /** A limit below the machine's memory holds for this process. */
  readonly limited: boolean;
  /**
   * Whether `available` can be relied on. On macOS the system counts only pages that hold nothing at all, a small part
   * of what can be had.
   */
  readonly reliable: boolean;
}

/** Seconds of one question's parts; each stands for itself. */
export interface QuestionSeconds {
  /** The picture through the vision tower. */
  readonly image: number;
  /** System text and picture through the decoder: once for all questions on a picture. */
  readonly prefix: number;
  /** The question and its answer. */
  readonly question: number;
  readonly lens: number;
  readonly knockouts: number;
  /** One edge more: what a click on the picture takes. */
  readonly click: number;
}

export type Verdict =
  | { readonly kind: 'fits'; readonly notes: readonly string[] }
  /** With a smaller chunk budget than was asked for. */
  | { readonly kind: 'lowered'; readonly budget: number; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string; readonly notes: readonly string[] };

/** From the least to the most of what a run meets. */
export type Range = readonly [least: number, most: number];

export interface MemoryPlan {
  readonly weights: HeldWeights;
  /** Of the program itself, before any model. */
  readonly program: number;
  /** Keys, values and residuals of the clean runs that are held at a time, spare rows included. */
  readonly caches: number;
  /** Of these, what other questions on the same picture share. */
  readonly prefix: number;
  /** What the clean run hands over and its own values, for the rows of one call. */
  readonly clean: number;
  /** What the vision tower takes for a picture, and the output matrix for the lens. */
  readonly ends: number;
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
