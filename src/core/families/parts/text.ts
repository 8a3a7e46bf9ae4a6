/** Decoders: what a config says, by one table of defaults, and the DecoderSpec it makes of a folder's tensors. */
import { z } from 'zod';
import { parseValue } from '../../checkpoint/folder';
import { DECODER_KEYS, ROPE_KEYS } from '../../checkpoint/keys/decoder';
import { refuseKeys } from '../../checkpoint/keys/rules';
import type { WeightTable } from '../../checkpoint/weights';
import { usage } from '../../errors';
import type { DecoderSpec, MatrixRef, RopeScaling, TensorRef } from '../../spec';
import { count, refuseQuantized, tokenIds } from './config';
import { EMBEDDING, linear, norm } from './names';

/** What config.json says about the decoder, with the Python class's defaults filled in. */
export interface TextConfig {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly rmsEpsilon: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
  readonly maxPositions: number;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly tied: boolean;
  readonly eos: readonly number[];
}

const ropeSchema = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: z.number().positive().nullish(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().positive().nullish(),
  high_freq_factor: z.number().positive().nullish(),
  original_max_position_embeddings: count.nullish(),
  partial_rotary_factor: z.number().nullish(),
});

const textSchema = z.looseObject({
  model_type: z.string().nullish(),
  vocab_size: count.nullish(),
  hidden_size: count.nullish(),
  intermediate_size: count.nullish(),
  num_hidden_layers: count.max(10_000).nullish(),
  num_attention_heads: count.nullish(),
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z.string().nullish(),
  max_position_embeddings: count.nullish(),
  rms_norm_eps: z.number().nonnegative().nullish(),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  partial_rotary_factor: z.number().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  sliding_window: z.number().nullish(),
  layer_types: z.array(z.string()).nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: tokenIds.nullish(),
  quantization_config: z.unknown().optional(),
});
type RawText = z.infer<typeof textSchema>;

/** transformers LlamaConfig and MistralConfig: the values that hold where config.json is silent. */
const DEFAULTS = {
  llama: { intermediate: 11008, kvHeads: undefined, maxPositions: 2048, slidingWindow: null },
  mistral: { intermediate: 14336, kvHeads: 8, maxPositions: 4096 * 32, slidingWindow: 4096 },
} as const;
export type TextModelType = keyof typeof DEFAULTS;
const isTextModel = (x: string): x is TextModelType => Object.hasOwn(DEFAULTS, x);

/**
 * @param value `text_config` of a llava-hf folder, or the whole config of an original LLaVA folder
 * @param forced the decoder's type where the folder's own `model_type` speaks of the whole model
 * @param prefix how errors name the place, e.g. `text_config`
 */
export function parseTextConfig(value: unknown, file: string, prefix: string, forced?: TextModelType): TextConfig {
  const raw = parseValue(value ?? {}, textSchema, file, prefix);
  refuseKeys(raw, DECODER_KEYS, file, prefix);
  const key = (name: string): string => (prefix === '' ? name : `${prefix}.${name}`);
  const type = forced ?? raw.model_type ?? 'llama';
  if (!isTextModel(type)) {
    const hint = `supported: ${Object.keys(DEFAULTS).join(', ')}`;
    throw usage(`${key('model_type')} is "${type}", which is not supported`, file, hint);
  }
  const defaults = DEFAULTS[type];
  refuseUnsupported(raw, defaults.slidingWindow, file, key);

  const hidden = raw.hidden_size ?? 4096;
  const heads = raw.num_attention_heads ?? 32;
  // a null means "as many as heads" in both classes; a missing key means the class's default
  const kvHeads = raw.num_key_value_heads ?? (raw.num_key_value_heads === null ? heads : (defaults.kvHeads ?? heads));
  if (heads % kvHeads !== 0) {
    throw usage(`${key('num_key_value_heads')} (${kvHeads}) does not divide num_attention_heads (${heads})`, file);
  }
  if (raw.head_dim == null && hidden % heads !== 0) {
    throw usage(`${key('num_attention_heads')} (${heads}) does not divide hidden_size (${hidden})`, file);
  }
  const headDim = raw.head_dim ?? hidden / heads;
  if (headDim % 2 !== 0) {
    throw usage(`${key('head_dim')} (${headDim}) is odd; rotary positions need pairs`, file);
  }
  const maxPositions = raw.max_position_embeddings ?? defaults.maxPositions;
  return {
    layers: raw.num_hidden_layers ?? 32,
    hidden,
    heads,
    kvHeads,
    headDim,
    intermediate: raw.intermediate_size ?? defaults.intermediate,
    vocab: raw.vocab_size ?? 32000,
    rmsEpsilon: raw.rms_norm_eps ?? 1e-6,
    ...rope(raw, maxPositions, file, key),
    maxPositions,
    attentionBias: type === 'llama' && (raw.attention_bias ?? false),
    mlpBias: type === 'llama' && (raw.mlp_bias ?? false),
    tied: raw.tie_word_embeddings ?? false,
    eos: raw.eos_token_id == null ? [] : [raw.eos_token_id].flat(),
  };
}

function refuseUnsupported(
  raw: RawText,
  defaultWindow: number | null,
  file: string,
  key: (name: string) => string,
): void {
  refuseQuantized(raw.quantization_config, key('quantization_config'), file);
  const activation = raw.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') {
    throw usage(`${key('hidden_act')} is "${activation}", which is not supported`, file, 'supported: silu');
  }
  const window = raw.sliding_window === undefined ? defaultWindow : raw.sliding_window;
  if (window !== null) {
    const what = `${key('sliding_window')} is ${window}${raw.sliding_window === undefined ? ' (by default)' : ''}`;
    throw usage(`${what}: sliding windows are not supported`, file, 'supported: null, i.e. full attention');
  }
  const odd = raw.layer_types?.find((t) => t !== 'full_attention');
  if (odd !== undefined) {
    throw usage(`${key('layer_types')} has "${odd}", which is not supported`, file, 'supported: full_attention');
  }
}

/** As transformers' `convert_rope_params_to_dict`: `rope_scaling` wins over `rope_parameters`, a theta inside over one
 * beside them. */
function rope(
  raw: RawText,
  maxPositions: number,
  file: string,
  key: (name: string) => string,
): { ropeTheta: number; ropeScaling?: RopeScaling } {
  const [name, params] =
    raw.rope_scaling && Object.keys(raw.rope_scaling).length > 0
      ? ['rope_scaling', raw.rope_scaling]
      : ['rope_parameters', raw.rope_parameters ?? {}];
  refuseKeys(params, ROPE_KEYS, file, key(name));
  const ropeTheta = params.rope_theta ?? raw.rope_theta ?? 10_000;
  const partial = params.partial_rotary_factor ?? raw.partial_rotary_factor ?? 1;
  if (partial !== 1) throw usage(`${key('partial_rotary_factor')} is ${partial}; only 1 is supported`, file);
  const number = (k: 'factor' | 'low_freq_factor' | 'high_freq_factor'): number => {
    const value = params[k];
    if (value == null) throw usage(`${key(name)}.${k} is missing`, file);
    return value;
  };
  const type = params.rope_type ?? params.type ?? 'default';
  switch (type) {
    case 'default':
      return { ropeTheta };
    case 'linear':
      return { ropeTheta, ropeScaling: { type, factor: number('factor') } };
    case 'llama3': {
      const lowFreqFactor = number('low_freq_factor');
      const highFreqFactor = number('high_freq_factor');
      if (highFreqFactor <= lowFreqFactor) {
        throw usage(`${key(name)}.high_freq_factor is not above low_freq_factor`, file);
      }
      const originalMaxPositions = params.original_max_position_embeddings ?? maxPositions;
      return {
        ropeTheta,
        ropeScaling: { type, factor: number('factor'), lowFreqFactor, highFreqFactor, originalMaxPositions },
      };
    }
    default:
      throw usage(
        `${key(name)}.rope_type is "${type}", which is not supported`,
        file,
        'supported: default, linear, llama3',
      );
  }
}

/** Where a folder has its decoder's tensors. */
export interface DecoderNames {
  /** Before `embed_tokens`, `layers.N` and `norm`. */
  readonly prefix: string;
  readonly head: string;
}

/** All tensors of the decoder, each of the shape config.json asks for. */
export function textDecoder(w: WeightTable, names: DecoderNames, text: TextConfig, file: string): DecoderSpec {
  const { prefix } = names;
  const { hidden, heads, kvHeads, headDim, intermediate, vocab, attentionBias, mlpBias } = text;
  const epsilon = text.rmsEpsilon;
  const { embedding, head } = embeddingAndHead(w, names, text, file);
  const layers = Array.from({ length: text.layers }, (_, l) => {
    const at = `${prefix}layers.${l}`;
    // Python would leave such a bias out with a warning; here nothing is left out unseen
    for (const name of [...(attentionBias ? [] : ['self_attn.q_proj']), ...(mlpBias ? [] : ['mlp.gate_proj'])]) {
      if (w.has(`${at}.${name}.bias`)) throw usage(`${at}.${name}.bias is there, but config.json asks for none`, file);
    }
    return {
      attentionNorm: norm(w, `${at}.input_layernorm`, hidden),
      query: linear(w, `${at}.self_attn.q_proj`, heads * headDim, hidden, attentionBias),
      key: linear(w, `${at}.self_attn.k_proj`, kvHeads * headDim, hidden, attentionBias),
      value: linear(w, `${at}.self_attn.v_proj`, kvHeads * headDim, hidden, attentionBias),
      output: linear(w, `${at}.self_attn.o_proj`, hidden, heads * headDim, attentionBias),
      mlpNorm: norm(w, `${at}.post_attention_layernorm`, hidden),
      gate: linear(w, `${at}.mlp.gate_proj`, intermediate, hidden, mlpBias),
      up: linear(w, `${at}.mlp.up_proj`, intermediate, hidden, mlpBias),
      down: linear(w, `${at}.mlp.down_proj`, hidden, intermediate, mlpBias),
    };
  });
  const extra = `${prefix}layers.${text.layers}.input_layernorm.weight`;
  if (w.has(extra)) throw usage(`num_hidden_layers is ${text.layers}, but the weights have more: ${extra}`, file);
  return {
    layers: text.layers,
    hidden,
    heads,
    kvHeads,
    headDim,
    intermediate,
    vocab,
    maxPositions: text.maxPositions,
    norm: { epsilon, offset: 0 },
    activation: 'silu',
    attentionScale: 1 / Math.sqrt(headDim),
    ropes: [{ theta: text.ropeTheta, ...(text.ropeScaling ? { scaling: text.ropeScaling } : {}) }],
    kinds: layers.map(() => ({ rope: 0 })),
    additions: [],
    weights: {
      embedding,
      layers,
      norm: norm(w, `${prefix}norm`, hidden),
      head,
      headName: names.head,
    },
  };
}

/**
 * Embedding and head, as transformers 5 loads them (`PreTrainedModel.tie_weights`): a tied folder may hold either name;
 * a head that is there besides the embedding is used, whatever `tie_word_embeddings` says.
 */
function embeddingAndHead(
  w: WeightTable,
  names: DecoderNames,
  text: TextConfig,
  file: string,
): { embedding: TensorRef; head: MatrixRef } {
  const shape = [text.vocab, text.hidden] as const;
  const name = names.prefix + EMBEDDING;
  if (!w.has(name) && w.has(names.head)) {
    if (!text.tied) {
      const hint = `if the two are shared, set "tie_word_embeddings": true in config.json`;
      throw usage(`tensor ${name} is missing, and config.json does not tie it to ${names.head}`, file, hint);
    }
    // under the embedding's own name, which an import gives it
    const embedding = { ...w.get(names.head, shape), name };
    return { embedding, head: embedding };
  }
  const embedding = w.get(name, shape);
  const tied = w.shared(name, names.head) || (text.tied && !w.hasMatrix(names.head));
  return { embedding, head: tied ? embedding : w.matrix(names.head, shape) };
}
