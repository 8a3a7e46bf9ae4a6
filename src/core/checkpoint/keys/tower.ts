/** `vision_config`, and config.json of a CLIP folder: transformers' CLIPVisionConfig and CLIPConfig. */
import { COMMON_KEYS } from './common';
import { each, harmless, only, used, type KeyRules } from './rules';

export const TOWER_KEYS: KeyRules = {
  ...COMMON_KEYS,
  ...each(
    used,
    ...(['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_channels'] as const),
    ...(['image_size', 'patch_size', 'hidden_act', 'layer_norm_eps'] as const),
  ),
  ...each(harmless('training only'), 'attention_dropout', 'dropout', 'initializer_range', 'initializer_factor'),
  ...each(harmless('CLIP’s text side only'), 'projection_dim', 'vocab_size'),
  // hidden_states[-1] is the output of the last layer, before the post norm
  tie_last_hidden_states: only(false),
};

export const CLIP_KEYS: KeyRules = {
  ...COMMON_KEYS,
  ...each(used, 'vision_config', 'vision_config_dict'),
  ...each(
    harmless('CLIP’s text side only'),
    ...(['text_config', 'text_config_dict', 'projection_dim', 'logit_scale_init_value'] as const),
  ),
  initializer_factor: harmless('training only'),
  tie_last_hidden_states: only(false),
};
