/** preprocessor_config.json, and processor_config.json around it: the image processors and processors of transformers. */
import { each, harmless, only, used, type KeyRules } from '../../checkpoint/keys/rules';

const SHARED: KeyRules = {
  ...each(
    used,
    ...(['image_processor_type', 'feature_extractor_type', 'do_resize', 'size', 'resample'] as const),
    ...(['do_rescale', 'rescale_factor', 'do_normalize', 'image_mean', 'image_std'] as const),
  ),
  processor_class: harmless('the class that holds the image processor'),
  auto_map: harmless('code of the folder itself, which Python runs only when asked to and Crossflow never'),
  do_convert_rgb: harmless('pictures are decoded to RGB'),
  data_format: only('channels_first'),
  input_data_format: harmless('the layout of arrays, where pictures come from files'),
  image_seq_length: harmless('the number of features follows from the picture'),
  ...each(
    harmless('how Python computes and returns the same pixels'),
    ...(['device', 'disable_grouping', 'return_tensors', '_valid_processor_keys'] as const),
  ),
};

/** CLIPImageProcessor, LlavaImageProcessor and LlavaNextImageProcessor. */
export const IMAGE_PROCESSOR_KEYS: KeyRules = {
  ...SHARED,
  ...each(used, 'do_center_crop', 'crop_size', 'do_pad', 'image_grid_pinpoints'),
  // a plain number as size is the shortest edge
  ...each(only(false), 'default_to_square', 'use_square_size'),
  ...each(only(), 'pad_size', 'size_divisor'),
};

/** What the other image processors take and do not use. */
const UNCROPPED: KeyRules = {
  ...SHARED,
  ...each(harmless('this class crops nothing'), 'do_center_crop', 'crop_size'),
  ...each(harmless('pads pictures of a batch to one size; here there is one'), 'do_pad', 'pad_size'),
  default_to_square: harmless('size names its edges'),
  ...each(harmless('video only'), 'video_sampling'),
};

/** Idefics3ImageProcessor and SmolVLMImageProcessor. */
export const IDEFICS3_IMAGE_KEYS: KeyRules = {
  ...UNCROPPED,
  ...each(used, 'do_image_splitting', 'max_image_size'),
  return_row_col_info: harmless('what a Python call returns'),
};
/** Qwen2VLImageProcessor, which Qwen2.5-VL and Qwen3-VL use, too. */
export const QWEN_IMAGE_KEYS: KeyRules = {
  ...UNCROPPED,
  ...each(used, 'min_pixels', 'max_pixels', 'patch_size', 'temporal_patch_size', 'merge_size'),
};
/** GotOcr2ImageProcessor. */
export const INTERNVL_IMAGE_KEYS: KeyRules = {
  ...UNCROPPED,
  ...each(used, 'min_patches', 'max_patches'),
  crop_to_patches: harmless('InternVLProcessor always asks for tiles'),
};
/** LlavaOnevisionImageProcessor. */
export const ONEVISION_IMAGE_KEYS: KeyRules = { ...UNCROPPED, image_grid_pinpoints: used, do_pad: only(true) };
/** Gemma3ImageProcessor. */
export const GEMMA3_IMAGE_KEYS: KeyRules = {
  ...UNCROPPED,
  do_pan_and_scan: only(false),
  ...each(
    harmless('read with do_pan_and_scan only'),
    ...(['pan_and_scan_max_num_crops', 'pan_and_scan_min_crop_size', 'pan_and_scan_min_ratio_to_activate'] as const),
  ),
};
/** SiglipImageProcessor. */
export const SIGLIP_IMAGE_KEYS: KeyRules = UNCROPPED;

/** What every processor takes (ProcessorMixin). */
const MIXIN: KeyRules = {
  ...each(used, 'image_processor', 'chat_template'),
  processor_class: harmless('the family’s class gives these tokens and pixels'),
  auto_map: harmless('code of the folder itself, which Python runs only when asked to and Crossflow never'),
  // settings that would overrule those of the image processor and the tokenizer
  ...each(only({}), 'images_kwargs', 'text_kwargs', 'common_kwargs'),
  ...each(
    harmless('sound and video'),
    ...(['audio_kwargs', 'audio_tokenizer', 'video_processor', 'videos_kwargs', 'feature_extractor'] as const),
  ),
  ...each(
    harmless('what a Python call returns'),
    ...(['return_mm_token_type_ids', 'return_text_replacement_offsets', 'skip_tensor_conversion'] as const),
  ),
};

/** LlavaProcessor and LlavaNextProcessor. */
export const PROCESSOR_KEYS: KeyRules = {
  ...MIXIN,
  ...each(used, 'image_token', 'patch_size', 'num_additional_image_tokens', 'vision_feature_select_strategy'),
};
/** Idefics3Processor and SmolVLMProcessor: placeholders for each tile. */
export const IDEFICS3_PROCESSOR_KEYS: KeyRules = { ...MIXIN, image_seq_len: used };
/** InternVLProcessor and Gemma3Processor: placeholders for each tile, or for the picture. */
export const COUNTED_PROCESSOR_KEYS: KeyRules = { ...MIXIN, image_seq_length: used };
/** LlavaOnevisionProcessor. */
export const ONEVISION_PROCESSOR_KEYS: KeyRules = {
  ...MIXIN,
  ...each(used, 'image_token', 'num_image_tokens', 'vision_feature_select_strategy', 'vision_aspect_ratio'),
  video_token: harmless('video only'),
};
/** Qwen2VLProcessor and its heirs, PaliGemmaProcessor. */
export const PLAIN_PROCESSOR_KEYS: KeyRules = MIXIN;
