/**
 * `text_config`, or the top of a config.json that has its decoder's keys there, by `model_type`: the configuration
 * classes of transformers. What their values may be beyond these lists, parts/text.ts says.
 */
import { COMMON_KEYS } from '../../checkpoint/keys/common';
import { each, harmless, only, used, type KeyRules } from '../../checkpoint/keys/rules';

/** What a decoder's keys are, and those inside its `rope_scaling` or `rope_parameters`. */
export interface TextKeys {
  readonly keys: KeyRules;
  readonly rope: KeyRules;
}

const SHARED: KeyRules = {
  ...COMMON_KEYS,
  ...each(
    used,
    ...(['vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'] as const),
    ...(['num_key_value_heads', 'head_dim', 'hidden_act', 'max_position_embeddings', 'rms_norm_eps'] as const),
    ...(['rope_theta', 'rope_scaling', 'rope_parameters', 'partial_rotary_factor', 'tie_word_embeddings'] as const),
    ...(['eos_token_id', 'quantization_config'] as const),
  ),
  ...each(harmless('training only'), 'initializer_range', 'attention_dropout'),
  // the last row of the lens is the one after the final norm
  tie_last_hidden_states: only(true),
};

/** LlamaConfig and MistralConfig. */
export const DECODER_KEYS: KeyRules = {
  ...SHARED,
  ...each(used, 'attention_bias', 'mlp_bias', 'sliding_window', 'layer_types'),
  pretraining_tp: harmless('the same sums, cut into parts'),
};

/** Types other than those that parts/text.ts knows are refused there. */
export const ROPE_KEYS: KeyRules = {
  ...each(
    used,
    ...(['rope_type', 'type', 'rope_theta', 'factor', 'low_freq_factor', 'high_freq_factor'] as const),
    ...(['original_max_position_embeddings', 'partial_rotary_factor'] as const),
  ),
  ...each(
    harmless('read by types that are refused'),
    ...(['attention_factor', 'beta_fast', 'beta_slow', 'short_factor', 'long_factor', 'mscale'] as const),
    ...(['mscale_all_dim', 'truncate'] as const),
  ),
  mrope_section: only(),
  // one set of parameters for each type of layer
  ...each(only(), 'full_attention', 'sliding_attention'),
};

/** Positions on three axes: Qwen2-VL, Qwen2.5-VL, Qwen3-VL. */
const AXES: KeyRules = {
  ...ROPE_KEYS,
  mrope_section: used,
  mrope_interleaved: harmless('the class decides it, whatever its config says'),
};

const QWEN2: KeyRules = {
  ...SHARED,
  ...each(used, 'sliding_window', 'use_sliding_window', 'layer_types'),
  max_window_layers: harmless('read with use_sliding_window only'),
};
const QWEN3: KeyRules = { ...QWEN2, attention_bias: used };

const GEMMA: KeyRules = {
  ...SHARED,
  hidden_activation: used,
  attention_bias: used,
};

const llama: TextKeys = { keys: DECODER_KEYS, rope: ROPE_KEYS };

/** By `model_type`; one that is not here, parts/text.ts refuses. */
export const TEXT_KEYS = {
  llama,
  mistral: llama,
  qwen2: { keys: QWEN2, rope: ROPE_KEYS },
  qwen3: { keys: QWEN3, rope: ROPE_KEYS },
  qwen2_vl_text: { keys: QWEN2, rope: AXES },
  qwen2_5_vl_text: { keys: QWEN2, rope: AXES },
  qwen3_vl_text: { keys: { ...SHARED, attention_bias: used }, rope: AXES },
  // the prompt's rows see each other: what PaliGemma makes of a Gemma 1
  gemma: { keys: { ...GEMMA, use_bidirectional_attention: only(true) }, rope: ROPE_KEYS },
  gemma3_text: {
    keys: {
      ...GEMMA,
      ...each(used, 'sliding_window', 'layer_types', 'sliding_window_pattern', '_sliding_window_pattern'),
      ...each(used, 'query_pre_attn_scalar', 'rope_local_base_freq'),
      ...each(only(), 'attn_logit_softcapping', 'final_logit_softcapping'),
      use_bidirectional_attention: only(false),
    },
    rope: { ...ROPE_KEYS, ...each(used, 'full_attention', 'sliding_attention') },
  },
} as const satisfies Readonly<Record<string, TextKeys>>;
