/**
 * The document that `crossflow run FILE --json` prints (design section 4). Tests and other tools read it, so keys are
 * snake_case as published and never change their meaning.
 */
import type { Candidate, Device } from './types';

export interface ResultDocument {
  readonly model: {
    readonly family: string;
    readonly layers: number;
    readonly heads: number;
    readonly hidden: number;
  };
  /** Where it was computed: `cpu`, or the device that was asked for. */
  readonly device: Device;
  /** The filled template, the image token's text once. */
  readonly prompt: string;
  /** Token ids of the prompt with the image token once, as the template gives it. */
  readonly input_ids: readonly number[];
  /** Length of the expanded sequence. */
  readonly tokens: number;
  readonly image_tokens: number;
  /** Positions in the expanded sequence, ascending, by set name. */
  readonly sets: Readonly<Record<string, readonly number[]>>;
  readonly answer: {
    /** First answer token (greedy). */
    readonly token: number;
    readonly ids: readonly number[];
    readonly text: string;
    /** Probability of the first answer token, 0 to 1. */
    readonly probability: number;
    /** Equal to the gold answer in lower case; left out without a gold answer. */
    readonly correct?: boolean;
  };
  /** The five best first tokens. */
  readonly top: readonly Candidate[];
  readonly knockouts: readonly ResultKnockout[];
  readonly lens: ResultLens;
}

export interface ResultKnockout {
  /** knockoutLabel(), e.g. `Question->Last`. */
  readonly edge: string;
  /** Layers per window; left out where there is none (`prune`). */
  readonly window?: number;
  /** Query heads that were blocked; left out when all. */
  readonly heads?: readonly number[];
  /** Probability of the clean run's first answer token, one per centre layer. */
  readonly scores: readonly number[];
  /** 100 * (score - base) / base, one per centre layer. */
  readonly change: readonly number[];
}

/** Probability of each word's first token at the last position; L + 1 rows, row 0 the embedding. */
export interface ResultLens {
  readonly without_norm: Readonly<Record<string, readonly number[]>>;
  readonly with_norm: Readonly<Record<string, readonly number[]>>;
  /** Five best tokens per row, through the final norm. */
  readonly top: readonly (readonly Candidate[])[];
}
