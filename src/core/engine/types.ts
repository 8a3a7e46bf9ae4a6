import type { Knockout } from '../experiment/types';
import type { TokenSets } from '../prompt/types';
import type { ImageGeometry } from '../spec';

/** Rows, the end not among them. */
export type Span = readonly [start: number, end: number];

export type Device = 'cpu' | 'cuda' | 'coreml' | 'dml' | 'webgpu';

export interface EngineOptions {
  /** Threads inside an operator; left out: the number of physical cores ONNX Runtime finds. */
  readonly threads?: number;
  /** Bytes that one chunk of variants may take beside weights and caches. Default 1 GiB. */
  readonly chunkBudget?: number;
  readonly device?: Device;
}

/** `full`: the knockouts again as full passes, of a check. */
export type Phase = 'load' | 'image' | 'clean' | 'answer' | 'knockouts' | 'full' | 'lens' | 'attention';
export interface Progress {
  readonly phase: Phase;
  /** Work done and to do, in the phase's own unit (layer-rows for the clean run and knockouts, passes for `full`). */
  readonly done: number;
  readonly total: number;
}
/** How a caller follows a run and stops it. A stopped run throws CrossflowError kind `cancelled`. */
export interface RunControl {
  readonly signal?: AbortSignal;
  progress?(p: Progress): void;
  /** How long a call of ONNX Runtime in a clean run should take: between calls it reports and can stop. Default 0.25. */
  readonly callSeconds?: number;
}

export interface Candidate {
  readonly token: number;
  readonly text: string;
  readonly probability: number;
}

export type TokenKind = 'text' | 'image' | 'special';
/** One position of the expanded sequence. */
export interface TokenInfo {
  readonly id: number;
  /** The token as text; for image tokens the image token's text. */
  readonly text: string;
  readonly kind: TokenKind;
}

/** An example made ready: everything known before the decoder runs. */
/** Told what a reader should know of a picture: ExampleInfo's `notes`. May be told of one file several times. */
export type OnNotes = (image: string, notes: readonly string[]) => void;

export interface ExampleInfo {
  readonly prompt: string;
  readonly inputIds: readonly number[];
  readonly tokens: readonly TokenInfo[];
  /** Position of the first image token. */
  readonly imageStart: number;
  /** The picture's run, marks inside it included. */
  readonly imageTokens: number;
  /** Rows that see each other; left out where every row sees only what is before it. */
  readonly both?: Span;
  readonly sets: TokenSets;
  readonly geometry: ImageGeometry;
  /** What a reader should know of the picture, a sentence each; left out: nothing. */
  readonly notes?: readonly string[];
}

export interface Answer {
  /** First answer token, by greedy choice. */
  readonly token: number;
  readonly ids: readonly number[];
  readonly text: string;
  /** Probability of the first answer token. */
  readonly probability: number;
  /** Equal to the gold answer in lower case; undefined without a gold answer. */
  readonly correct?: boolean;
}

export interface CleanResult {
  readonly answer: Answer;
  /** Five best first tokens. */
  readonly top: readonly Candidate[];
}

export interface Curve {
  /** knockoutLabel() */
  readonly edge: string;
  readonly knockout: Knockout;
  readonly window: number;
  readonly heads?: readonly number[];
  /** Probability of the clean run's first answer token per centre layer. */
  readonly scores: readonly number[];
  /** 100 * (score - base) / base per centre layer. */
  readonly change: readonly number[];
}

/** Part of a curve, as soon as its chunk is done. */
export interface CurvePart {
  /** Index into the list of knockouts asked for. */
  readonly index: number;
  readonly layer: number;
  readonly score: number;
  readonly change: number;
}

/** Probability of each word's first token at the last position, by residual row (L + 1 rows). */
export interface LensResult {
  readonly withoutNorm: Readonly<Record<string, readonly number[]>>;
  readonly withNorm: Readonly<Record<string, readonly number[]>>;
  /** Five best tokens per row, through the final norm. */
  readonly top: readonly (readonly Candidate[])[];
  /** As many best tokens per row as were asked for, without the norm, each as Python's `decode([id])` writes it. */
  readonly best?: readonly (readonly Candidate[])[];
}

/** Attention of chosen rows in the clean run. */
export interface AttentionResult {
  readonly rows: readonly number[];
  readonly layers: number;
  /** 1 where only their mean was asked for. */
  readonly heads: number;
  readonly columns: number;
  /** `[layers, heads, rows, columns]` */
  readonly values: Float32Array;
}

export interface ModelInfo {
  readonly family: string;
  readonly directory: string;
  readonly layout: string;
  readonly dtype: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly hidden: number;
  readonly vocab: number;
  readonly parameters: number;
  /** Bytes of weight files. */
  readonly weightBytes: number;
  readonly imageTokens?: number;
  /** Whether an experiment can set how many pixels it sees of a picture. */
  readonly sized: boolean;
  /** What of the checkpoint's files is left aside, in sentences to show. */
  readonly notes: readonly string[];
  /** Where it computes. Operators that the device has no kernel for run on the processor. */
  readonly device: Device;
}

/** `crossflow check`: both ways side by side. */
export interface CheckResult {
  readonly curves: readonly { readonly edge: string; readonly largestDifference: number }[];
  readonly largestDifference: number;
  readonly forkSeconds: number;
  readonly fullSeconds: number;
  readonly tolerance: number;
  readonly passed: boolean;
}
