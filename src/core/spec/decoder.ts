/** The language model. */
import type { LinearRef, MatrixRef, NormRef, TensorRef } from './tensors';

/** Rotary scaling of Llama 3.1 (transformers `_compute_llama3_parameters`) or a plain divisor of positions. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    };

/** One way to turn queries and keys. */
export interface Rope {
  readonly theta: number;
  readonly scaling?: RopeScaling;
  /** Three-axis positions (time, height, width) share the head's `headDim / 2` frequencies; sizes sum to that. */
  readonly sections?: { readonly sizes: readonly [t: number, h: number, w: number]; readonly interleaved: boolean };
}

/** What differs from layer to layer. */
export interface LayerKind {
  /** Index into `ropes`. */
  readonly rope: number;
  /** Sliding window: row q sees column k only when `q - k < window`. */
  readonly window?: number;
}

export interface DecoderLayerRef {
  readonly attentionNorm: NormRef;
  readonly query: LinearRef;
  readonly key: LinearRef;
  readonly value: LinearRef;
  readonly output: LinearRef;
  /** Over `headDim`, before the rotation. */
  readonly queryNorm?: NormRef;
  readonly keyNorm?: NormRef;
  /** Of what attention adds, before it is added (Gemma 2 and 3). */
  readonly attentionOut?: NormRef;
  readonly mlpNorm: NormRef;
  readonly gate: LinearRef;
  readonly up: LinearRef;
  readonly down: LinearRef;
  /** Of what the MLP adds, before it is added (Gemma 2 and 3). */
  readonly mlpOut?: NormRef;
}

/** A pre-norm decoder with rotary positions and a gated MLP. */
export interface DecoderShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Key/value heads; divides `heads`. Query head h reads kv head floor(h / (heads / kvHeads)). */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly maxPositions: number;
  /** RMS norm of the residual, and of queries and keys where they have one. */
  readonly norm: { readonly epsilon: number; readonly offset: 0 | 1 };
  /** Of the gate. */
  readonly activation: 'silu' | 'gelu_tanh';
  /** Scores are multiplied with it: `1 / sqrt(headDim)`, or `query_pre_attn_scalar ** -0.5`. */
  readonly attentionScale: number;
  /** `cap * tanh(score / cap)`, before the mask (Gemma 2). */
  readonly attentionCap?: number;
  /** The same for logits, lens included (Gemma 2). */
  readonly logitCap?: number;
  /** Rows of text are multiplied with it, rows of the picture are not (Gemma: sqrt(hidden)). */
  readonly embeddingScale?: number;
  /** One as a rule; two in Gemma 3. */
  readonly ropes: readonly Rope[];
  /** One a layer. */
  readonly kinds: readonly LayerKind[];
  /** Layers after which features of the tower's taps are added to the picture's rows (DeepStack); empty as a rule. */
  readonly additions: readonly number[];
}

export interface DecoderSpec extends DecoderShape {
  readonly weights: {
    /** `[vocab, hidden]` */
    readonly embedding: TensorRef;
    readonly layers: readonly DecoderLayerRef[];
    readonly norm: NormRef;
    /** `[vocab, hidden]`; the embedding itself when tied and not quantised. */
    readonly head: MatrixRef;
    /** The name of a head of its own in this folder, whether there is one or not: an import may make one. */
    readonly headName: string;
  };
}

/** Who sees whom, beside "everything before": `picture`: rows of the image run see each other (Gemma 3); `prompt`: the
 * whole prompt sees itself (prefix-LM, PaliGemma). */
export type SightRule = 'causal' | 'picture' | 'prompt';
