/** config.json: transformers' LlavaConfig and LlavaNextConfig, and what the original LLaVA code reads of its own. */
import { COMMON_KEYS } from './common';
import { DECODER_KEYS } from './decoder';
import { each, harmless, only, used, type KeyRules } from './rules';

export const MODEL_KEYS: KeyRules = {
  ...COMMON_KEYS,
  ...each(
    used,
    ...(['architectures', 'text_config', 'vision_config', 'image_token_id', 'image_token_index'] as const),
    ...(['projector_hidden_act', 'multimodal_projector_bias', 'vision_feature_layer'] as const),
    ...(['vision_feature_select_strategy', 'image_grid_pinpoints', 'tie_word_embeddings', 'eos_token_id'] as const),
    ...(['quantization_config', 'crossflow'] as const),
  ),
  // LLaVA-NeXT as transformers has it always ends a row of tiles with the newline
  use_image_newline_parameter: only(true),
  tie_last_hidden_states: only(true),
  image_seq_length: harmless('the number of features follows from the picture'),
  ignore_index: harmless('training only'),
  ...each(harmless('text_config has its own'), 'vocab_size', 'hidden_size', 'pad_token_id'),
};

/** github.com/haotian-liu/LLaVA, `llava/model`; the decoder's keys stand beside these. */
export const ORIGINAL_KEYS: KeyRules = {
  ...DECODER_KEYS,
  ...each(
    used,
    ...(['mm_vision_tower', 'mm_hidden_size', 'mm_vision_select_layer', 'mm_vision_select_feature'] as const),
    ...(['mm_projector_type', 'mm_resampler_type', 'mm_use_im_start_end', 'mm_patch_merge_type'] as const),
    ...(['image_aspect_ratio', 'image_grid_pinpoints', 'vision_config', 'tokenizer_model_max_length'] as const),
    'crossflow',
  ),
  // S2 towers see the picture at several scales
  s2: only(false),
  s2_scales: harmless('read with s2 only'),
  mm_use_im_patch_token: harmless('adds a token to the vocabulary that no prompt holds'),
  ...each(
    harmless('training only'),
    ...(['mm_projector_lr', 'mm_vision_tower_lr', 'tune_mm_mlp_adapter', 'freeze_mm_mlp_adapter'] as const),
    ...(['unfreeze_mm_vision_tower', 'mm_tunable_parts', 'use_mm_proj'] as const),
  ),
  tokenizer_padding_side: harmless('one prompt has no padding'),
  max_sequence_length: harmless('the chat server only'),
  ...each(harmless('the tower’s own config has them'), 'image_size', 'patch_size'),
};
