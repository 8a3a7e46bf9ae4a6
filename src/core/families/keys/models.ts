/**
 * What the files of a family's checkpoints may say: each key of the Python classes is used, harmless or refused.
 * test/families/keys.test.ts holds the lists against the classes, and the used ones against what is parsed.
 */
import { COMMON_KEYS } from '../../checkpoint/keys/common';
import { GENERATION_KEYS } from '../../checkpoint/keys/generation';
import { aside, each, harmless, only, used, type KeyRules } from '../../checkpoint/keys/rules';
import type { FamilyKeys } from '../family';
import * as pixels from './processors';
import { DECODER_KEYS, TEXT_KEYS } from './text';
import * as towers from './towers';

/** Configs that hold a decoder's and a tower's. */
const PARTS: KeyRules = {
  ...COMMON_KEYS,
  ...each(used, 'architectures', 'text_config', 'vision_config', 'tie_word_embeddings', 'quantization_config'),
  crossflow: used,
  tie_last_hidden_states: only(true),
  ignore_index: harmless('training only'),
  ...each(harmless('text_config has its own'), 'vocab_size', 'hidden_size', 'pad_token_id'),
};
const VIDEO: KeyRules = each(harmless('video only'), 'video_token_id', 'video_token_index');

/** LlavaConfig and LlavaNextConfig. */
export const MODEL_KEYS: KeyRules = {
  ...PARTS,
  ...each(
    used,
    ...(['image_token_id', 'image_token_index', 'projector_hidden_act', 'multimodal_projector_bias'] as const),
    ...(['vision_feature_layer', 'vision_feature_select_strategy', 'image_grid_pinpoints', 'eos_token_id'] as const),
  ),
  // LLaVA-NeXT as transformers has it always ends a row of tiles with the newline
  use_image_newline_parameter: only(true),
  image_seq_length: harmless('the number of features follows from the picture'),
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

const llava: FamilyKeys = {
  config: MODEL_KEYS,
  text: 'llama',
  vision: towers.TOWER_KEYS,
  image: pixels.IMAGE_PROCESSOR_KEYS,
  processor: pixels.PROCESSOR_KEYS,
  generation: GENERATION_KEYS,
};

/** Qwen2VLConfig and its heirs. Real files of the older two have the decoder's keys at the top. */
const QWEN: KeyRules = {
  ...PARTS,
  ...VIDEO,
  image_token_id: used,
  ...each(
    harmless('the chat template writes these tokens, and a picture is found by its own'),
    ...(['vision_start_token_id', 'vision_end_token_id', 'vision_token_id'] as const),
  ),
};
const qwen2: FamilyKeys = {
  config: { ...TEXT_KEYS.qwen2_vl_text.keys, ...QWEN, ...each(used, 'vocab_size', 'hidden_size') },
  text: 'qwen2_vl_text',
  flatText: true,
  vision: towers.QWEN2_VL_TOWER_KEYS,
  image: pixels.QWEN_IMAGE_KEYS,
  processor: pixels.PLAIN_PROCESSOR_KEYS,
  generation: {
    ...GENERATION_KEYS,
    // 1.05 in the published files, which would make them unusable
    repetition_penalty: aside('an answer is the most probable token, again and again', 1),
  },
};

/** By family. */
export const FAMILY_KEYS = {
  llava,
  llava_original: { ...llava, config: ORIGINAL_KEYS, flatText: true },
  idefics3: {
    config: { ...PARTS, ...each(used, 'scale_factor', 'image_token_id') },
    text: 'llama',
    vision: towers.SIGLIP_KEYS,
    image: pixels.IDEFICS3_IMAGE_KEYS,
    processor: pixels.IDEFICS3_PROCESSOR_KEYS,
    generation: GENERATION_KEYS,
  },
  qwen2_vl: qwen2,
  qwen2_5_vl: { ...qwen2, text: 'qwen2_5_vl_text', vision: towers.QWEN2_5_VL_TOWER_KEYS },
  qwen3_vl: { ...qwen2, config: QWEN, text: 'qwen3_vl_text', flatText: false, vision: towers.QWEN3_VL_TOWER_KEYS },
  internvl: {
    config: {
      ...PARTS,
      ...each(used, 'downsample_ratio', 'image_token_id', 'projector_hidden_act'),
      ...each(used, 'vision_feature_layer', 'vision_feature_select_strategy'),
      image_seq_length: harmless('the number of features follows from the picture'),
    },
    text: 'qwen2',
    vision: towers.INTERNVL_TOWER_KEYS,
    image: pixels.INTERNVL_IMAGE_KEYS,
    processor: pixels.COUNTED_PROCESSOR_KEYS,
    generation: GENERATION_KEYS,
  },
  llava_onevision: {
    config: { ...MODEL_KEYS, ...VIDEO, vision_aspect_ratio: used },
    text: 'qwen2',
    vision: towers.SIGLIP_KEYS,
    image: pixels.ONEVISION_IMAGE_KEYS,
    processor: pixels.ONEVISION_PROCESSOR_KEYS,
    generation: GENERATION_KEYS,
  },
  gemma3: {
    config: {
      ...PARTS,
      ...each(used, 'image_token_id', 'image_token_index', 'mm_tokens_per_image', 'eos_token_id'),
      ...each(
        harmless('the processor writes these tokens by their text'),
        ...(['boi_token_id', 'boi_token_index', 'eoi_token_id', 'eoi_token_index'] as const),
      ),
      initializer_range: harmless('training only'),
    },
    text: 'gemma3_text',
    vision: towers.SIGLIP_KEYS,
    image: pixels.GEMMA3_IMAGE_KEYS,
    processor: pixels.COUNTED_PROCESSOR_KEYS,
    generation: GENERATION_KEYS,
  },
  paligemma: {
    config: { ...PARTS, ...each(used, 'image_token_id', 'image_token_index', 'projection_dim') },
    text: 'gemma',
    vision: towers.SIGLIP_KEYS,
    image: pixels.SIGLIP_IMAGE_KEYS,
    processor: pixels.PLAIN_PROCESSOR_KEYS,
    generation: GENERATION_KEYS,
  },
} as const satisfies Readonly<Record<string, FamilyKeys>>;
