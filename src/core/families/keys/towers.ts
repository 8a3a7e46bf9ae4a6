/** `vision_config`, and config.json of a CLIP folder: the vision configuration classes of transformers. */
import { COMMON_KEYS } from '../../checkpoint/keys/common';
import { each, harmless, only, used, type KeyRules } from '../../checkpoint/keys/rules';

const SHARED: KeyRules = {
  ...COMMON_KEYS,
  ...each(
    used,
    ...(['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'num_channels'] as const),
    ...(['image_size', 'patch_size', 'hidden_act', 'layer_norm_eps'] as const),
  ),
  ...each(harmless('training only'), 'attention_dropout', 'dropout', 'initializer_range', 'initializer_factor'),
  // hidden_states[-1] is the output of the last layer, before the post norm
  tie_last_hidden_states: only(false),
};

/** CLIPVisionConfig. */
export const TOWER_KEYS: KeyRules = {
  ...SHARED,
  ...each(harmless('CLIP’s text side only'), 'projection_dim', 'vocab_size'),
};

/** CLIPConfig. */
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

/** SiglipVisionConfig, Idefics3VisionConfig, SmolVLMVisionConfig. */
export const SIGLIP_KEYS: KeyRules = {
  ...SHARED,
  vision_use_head: harmless('the pooled picture is no part of the features'),
};

/** InternVLVisionConfig. */
export const INTERNVL_TOWER_KEYS: KeyRules = {
  ...SHARED,
  ...each(used, 'attention_bias', 'norm_type', 'use_qk_norm', 'use_mean_pooling'),
  ...each(harmless('training only'), 'hidden_dropout_prob', 'projection_dropout', 'use_mask_token'),
  layer_scale_init_value: harmless('the tensors are in the file'),
  use_absolute_position_embeddings: only(true),
};

/** Keys of the Qwen towers beside those that all have. */
const QWEN: KeyRules = {
  ...COMMON_KEYS,
  ...each(used, 'depth', 'hidden_size', 'hidden_act', 'num_heads', 'patch_size', 'spatial_merge_size'),
  ...each(used, 'in_channels', 'temporal_patch_size'),
  in_chans: harmless('the published files’ name for in_channels, which no class reads'),
  initializer_range: harmless('training only'),
  // the class's other names for depth and num_heads
  ...each(only(), 'num_hidden_layers', 'num_attention_heads'),
  rope_parameters: only(...['axial', 'default'].map((rope_type) => ({ rope_type, rope_theta: 10_000 }))),
  tie_last_hidden_states: only(false),
};

/** Qwen2VLVisionConfig. */
export const QWEN2_VL_TOWER_KEYS: KeyRules = { ...QWEN, ...each(used, 'embed_dim', 'mlp_ratio') };
/** Qwen2_5_VLVisionConfig. */
export const QWEN2_5_VL_TOWER_KEYS: KeyRules = {
  ...QWEN,
  ...each(used, 'intermediate_size', 'out_hidden_size', 'window_size', 'fullatt_block_indexes'),
  tokens_per_second: harmless('video only'),
};
/** Qwen3VLVisionConfig. */
export const QWEN3_VL_TOWER_KEYS: KeyRules = {
  ...QWEN,
  ...each(used, 'intermediate_size', 'out_hidden_size', 'deepstack_visual_indexes', 'num_position_embeddings'),
};
