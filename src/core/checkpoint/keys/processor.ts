/** preprocessor_config.json, and processor_config.json around it. */
import { each, harmless, only, used, type KeyRules } from './rules';

/** transformers' CLIPImageProcessor, LlavaImageProcessor and LlavaNextImageProcessor. */
export const IMAGE_PROCESSOR_KEYS: KeyRules = {
  ...each(
    used,
    ...(['image_processor_type', 'feature_extractor_type', 'do_resize', 'size', 'resample'] as const),
    ...(['do_center_crop', 'crop_size', 'do_rescale', 'rescale_factor', 'do_normalize'] as const),
    ...(['image_mean', 'image_std', 'do_pad', 'image_grid_pinpoints'] as const),
  ),
  processor_class: harmless('the class that holds the image processor'),
  auto_map: harmless('code of the folder itself, which Python runs only when asked to and Crossflow never'),
  do_convert_rgb: harmless('pictures are decoded to RGB'),
  // a plain number as size is the shortest edge
  ...each(only(false), 'default_to_square', 'use_square_size'),
  data_format: only('channels_first'),
  input_data_format: harmless('the layout of arrays, where pictures come from files'),
  ...each(only(), 'pad_size', 'size_divisor'),
  image_seq_length: harmless('the number of features follows from the picture'),
  ...each(
    harmless('how Python computes and returns the same pixels'),
    ...(['device', 'disable_grouping', 'return_tensors', '_valid_processor_keys'] as const),
  ),
};

/** transformers' LlavaProcessor and LlavaNextProcessor. */
export const PROCESSOR_KEYS: KeyRules = {
  ...each(
    used,
    ...(['image_processor', 'image_token', 'chat_template', 'patch_size'] as const),
    ...(['num_additional_image_tokens', 'vision_feature_select_strategy'] as const),
  ),
  processor_class: harmless('either class gives the same tokens and pixels'),
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
