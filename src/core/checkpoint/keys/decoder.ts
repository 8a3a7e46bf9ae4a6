/** `text_config`, or the top level of an original LLaVA config: transformers' LlamaConfig and MistralConfig. */
import { COMMON_KEYS } from './common';
import { each, harmless, only, used, type KeyRules } from './rules';

export const DECODER_KEYS: KeyRules = {
  ...COMMON_KEYS,
  ...each(
    used,
    ...(['vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads'] as const),
    ...(['num_key_value_heads', 'head_dim', 'hidden_act', 'max_position_embeddings', 'rms_norm_eps'] as const),
    ...(['rope_theta', 'rope_scaling', 'rope_parameters', 'partial_rotary_factor', 'attention_bias'] as const),
    ...(['mlp_bias', 'sliding_window', 'layer_types', 'tie_word_embeddings', 'eos_token_id'] as const),
    'quantization_config',
  ),
  ...each(harmless('training only'), 'initializer_range', 'attention_dropout'),
  pretraining_tp: harmless('the same sums, cut into parts'),
  // the last row of the lens is the one after the final norm
  tie_last_hidden_states: only(true),
};

/** Inside `rope_scaling` or `rope_parameters`. Types other than default, linear and llama3 are refused. */
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
