/** Decoders: what a config says, by one table of defaults, and the DecoderSpec it makes of a folder's tensors. */
import { z } from 'zod';
import { parseValue } from '../../checkpoint/folder';
import type { WeightTable } from '../../checkpoint/weights';
import { usage } from '../../errors';
import type { DecoderSpec, MatrixRef, Rope, TensorRef } from '../../spec';
import { count, refuseQuantized, tokenIds } from './config';
import { EMBEDDING, linear, norm } from './names';
import { parseRope, ropeSchema } from './rope';
import { TEXT_TYPES, type TextModelType, type TextType } from './text-types';

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
  readonly rope: Rope;
  readonly maxPositions: number;
  /** Of query, key and value; of the output matrix. */
  readonly attentionBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** RMS norm over each head of queries and keys. */
  readonly headNorms: boolean;
  readonly tied: boolean;
  readonly eos: readonly number[];
}

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
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: tokenIds.nullish(),
  quantization_config: z.unknown().optional(),
});
type RawText = z.infer<typeof textSchema>;

/**
 * @param value `text_config` of a llava-hf folder, or the whole config of an original LLaVA folder
 * @param prefix how errors name the place, e.g. `text_config`
 * @param known the decoders that the family comes with, the first where the config names none; `is`: the decoder's type
 * where the folder's own `model_type` speaks of the whole model
 */
export function parseTextConfig(
  value: unknown,
  file: string,
  prefix: string,
  known: { readonly types?: readonly TextModelType[]; readonly is?: TextModelType } = {},
): TextConfig {
  const { types = ['llama', 'mistral'] } = known;
  const raw = parseValue(value ?? {}, textSchema, file, prefix);
  const key = (name: string): string => (prefix === '' ? name : `${prefix}.${name}`);
  const name = known.is ?? types.find((t) => t === (raw.model_type ?? types[0]));
  if (name === undefined) {
    const hint = `supported: ${types.join(', ')}`;
    throw usage(`${key('model_type')} is "${raw.model_type}", which is not supported`, file, hint);
  }
  const type: TextType = TEXT_TYPES[name];
  refuseUnsupported(raw, type, file, key);

  const hidden = raw.hidden_size ?? type.hidden;
  const heads = raw.num_attention_heads ?? type.heads;
  // a null means "as many as heads" in both classes; a missing key means the class's default
  const kvHeads = raw.num_key_value_heads ?? (raw.num_key_value_heads === null ? heads : (type.kvHeads ?? heads));
  if (heads % kvHeads !== 0) {
    throw usage(`${key('num_key_value_heads')} (${kvHeads}) does not divide num_attention_heads (${heads})`, file);
  }
  const given = raw.head_dim ?? type.headDim;
  if (given === undefined && hidden % heads !== 0) {
    throw usage(`${key('num_attention_heads')} (${heads}) does not divide hidden_size (${hidden})`, file);
  }
  const headDim = given ?? hidden / heads;
  if (headDim % 2 !== 0) {
    throw usage(`${key('head_dim')} (${headDim}) is odd; rotary positions need pairs`, file);
  }
  const biased = type.biases === 'attention_bias' && (raw.attention_bias ?? false);
  const maxPositions = raw.max_position_embeddings ?? type.maxPositions;
  return {
    layers: raw.num_hidden_layers ?? type.layers,
    hidden,
    heads,
    kvHeads,
    headDim,
    intermediate: raw.intermediate_size ?? type.intermediate,
    vocab: raw.vocab_size ?? type.vocab,
    rmsEpsilon: raw.rms_norm_eps ?? type.rmsEpsilon,
    rope: parseRope(raw, type, { headDim, maxPositions }, file, key),
    maxPositions,
    attentionBias: type.biases === 'query_key_value' || biased,
    outputBias: biased,
    mlpBias: type.mlpBias && (raw.mlp_bias ?? false),
    headNorms: type.headNorms,
    tied: raw.tie_word_embeddings ?? false,
    eos: raw.eos_token_id == null ? [] : [raw.eos_token_id].flat(),
  };
}

function refuseUnsupported(raw: RawText, type: TextType, file: string, key: (name: string) => string): void {
  refuseQuantized(raw.quantization_config, key('quantization_config'), file);
  const activation = raw.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') {
    throw usage(`${key('hidden_act')} is "${activation}", which is not supported`, file, 'supported: silu');
  }
  const switched = type.slidingWindow === 'switch';
  if (switched && raw.use_sliding_window) {
    throw usage(`${key('use_sliding_window')} is true: sliding windows are not supported`, file);
  }
  const window = raw.sliding_window === undefined ? type.slidingWindow : raw.sliding_window;
  if (window !== null && !switched) {
    const what = `${key('sliding_window')} is ${window}${raw.sliding_window === undefined ? ' (by default)' : ''}`;
    throw usage(`${what}: sliding windows are not supported`, file, 'supported: null, i.e. full attention');
  }
  const odd = raw.layer_types?.find((t) => t !== 'full_attention');
  if (odd !== undefined) {
    throw usage(`${key('layer_types')} has "${odd}", which is not supported`, file, 'supported: full_attention');
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
  const { hidden, heads, kvHeads, headDim, intermediate, vocab, attentionBias, outputBias, mlpBias } = text;
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
      output: linear(w, `${at}.self_attn.o_proj`, hidden, heads * headDim, outputBias),
      ...(text.headNorms && {
        queryNorm: norm(w, `${at}.self_attn.q_norm`, headDim),
        keyNorm: norm(w, `${at}.self_attn.k_norm`, headDim),
      }),
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
    ropes: [text.rope],
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
