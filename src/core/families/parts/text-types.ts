/**
 * Decoders by `model_type`: what holds where a config is silent, and what a class does whatever its config says. Source:
 * the configuration and modeling files of transformers 5.24.
 */

export interface TextType {
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  /** Undefined: as many as heads. */
  readonly kvHeads?: number;
  /** Undefined: `hidden / heads`. */
  readonly headDim?: number;
  readonly vocab: number;
  readonly maxPositions: number;
  readonly rmsEpsilon: number;
  readonly ropeTheta: number;
  /** `switch`: read only where `use_sliding_window` is true. */
  readonly slidingWindow: number | null | 'switch';
  /** Which of the attention's matrices have biases: those that `attention_bias` says, or always query, key and value. */
  readonly biases: 'none' | 'attention_bias' | 'query_key_value';
  /** Whether `mlp_bias` is read. */
  readonly mlpBias: boolean;
  /** RMS norm over each head of queries and keys, before the rotation. */
  readonly headNorms: boolean;
  /** Positions on three axes: `mrope_section` where the config has none, and in which order frequencies take them. */
  readonly sections?: { readonly sizes: readonly [t: number, h: number, w: number]; readonly interleaved: boolean };
}

const LLAMA: TextType = {
  hidden: 4096,
  intermediate: 11008,
  layers: 32,
  heads: 32,
  vocab: 32000,
  maxPositions: 2048,
  rmsEpsilon: 1e-6,
  ropeTheta: 10_000,
  slidingWindow: null,
  biases: 'attention_bias',
  mlpBias: true,
  headNorms: false,
};
const QWEN2: TextType = {
  ...LLAMA,
  intermediate: 22016,
  kvHeads: 32,
  vocab: 151936,
  maxPositions: 32768,
  slidingWindow: 'switch',
  biases: 'query_key_value',
  mlpBias: false,
};
const QWEN3: TextType = { ...QWEN2, headDim: 128, biases: 'attention_bias', headNorms: true };
const QWEN2_VL: TextType = {
  ...QWEN2,
  hidden: 8192,
  intermediate: 29568,
  layers: 80,
  heads: 64,
  kvHeads: 8,
  vocab: 152064,
  rmsEpsilon: 1e-5,
  ropeTheta: 1_000_000,
  sections: { sizes: [16, 24, 24], interleaved: false },
};

export const TEXT_TYPES = {
  llama: LLAMA,
  mistral: {
    ...LLAMA,
    intermediate: 14336,
    kvHeads: 8,
    maxPositions: 4096 * 32,
    slidingWindow: 4096,
    biases: 'none',
    mlpBias: false,
  },
  qwen2: QWEN2,
  qwen3: QWEN3,
  qwen2_vl_text: QWEN2_VL,
  qwen2_5_vl_text: QWEN2_VL,
  qwen3_vl_text: {
    ...QWEN3,
    maxPositions: 128_000,
    ropeTheta: 500_000,
    slidingWindow: null,
    sections: { sizes: [24, 20, 20], interleaved: true },
  },
} as const satisfies Readonly<Record<string, TextType>>;

export type TextModelType = keyof typeof TEXT_TYPES;
