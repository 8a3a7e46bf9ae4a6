import { z } from 'zod';
import { usage } from '../errors';
import type { CheckpointConfig } from './config';
import { parseJson, parseValue } from './folder';
import { ORIGINAL_KEYS } from './keys/model';
import { refuseKeys } from './keys/rules';
import { parseTextConfig, type TextModelType } from './text-config';
import { knownTower, parseVisionConfig, pinpointsSchema } from './vision-config';

/** What stands for the image in `input_ids` of original LLaVA (IMAGE_TOKEN_INDEX in llava/constants.py). */
export const ORIGINAL_IMAGE_TOKEN = -200;

const TYPES: Readonly<Record<string, TextModelType>> = {
  llava: 'llama',
  llava_llama: 'llama',
  llava_mistral: 'mistral',
};

const schema = z.looseObject({
  model_type: z.string().nullish(),
  mm_vision_tower: z.string().min(1).nullish(),
  mm_hidden_size: z.number().int().positive().nullish(),
  mm_vision_select_layer: z.number().int().nullish(),
  mm_vision_select_feature: z.string().nullish(),
  mm_projector_type: z.string().nullish(),
  mm_resampler_type: z.string().nullish(),
  mm_use_im_start_end: z.boolean().nullish(),
  mm_patch_merge_type: z.string().nullish(),
  image_aspect_ratio: z.string().nullish(),
  image_grid_pinpoints: z.union([pinpointsSchema, z.string()]).nullish(),
  tokenizer_model_max_length: z.number().positive().nullish(),
  vision_config: z.record(z.string(), z.unknown()).nullish(),
});
type RawOriginal = z.infer<typeof schema>;

/** True for config.json as the original LLaVA code (github.com/haotian-liu/LLaVA) writes it. */
export const isOriginal = (json: Record<string, unknown>): boolean =>
  ['mm_vision_tower', 'mm_projector_type', 'mm_hidden_size'].some((k) => json[k] != null) ||
  ['llava_llama', 'llava_mistral'].includes(String(json['model_type']));

/** The decoder's keys stand at the top level, those of the tower and projector begin with `mm_`. */
export function parseOriginalConfig(json: Record<string, unknown>, file: string): CheckpointConfig {
  const raw = parseValue(json, schema, file);
  const type = raw.model_type ?? 'llava';
  const textType = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (textType === undefined) {
    throw usage(`model_type "${type}" is not supported`, file, `supported here: ${Object.keys(TYPES).join(', ')}`);
  }
  refuseUnsupported(raw, file);
  refuseKeys(json, ORIGINAL_KEYS, file);
  const tower = raw.mm_vision_tower ?? undefined;
  const config = raw.vision_config ?? (tower === undefined ? undefined : knownTower(tower));
  const aspect = aspectOf(raw, file);
  const tiles = aspect === 'anyres' || raw.mm_patch_merge_type === 'spatial_unpad';
  return {
    file,
    family: tiles ? 'llava_next' : 'llava',
    text: parseTextConfig(json, file, '', textType),
    ...(config ? { vision: parseVisionConfig(config, file) } : {}),
    ...(tower ? { tower: { name: tower, ...(raw.mm_hidden_size ? { hidden: raw.mm_hidden_size } : {}) } } : {}),
    // the released checkpoints all have it; -2 is theirs
    featureLayer: raw.mm_vision_select_layer ?? -2,
    select: (raw.mm_vision_select_feature ?? 'patch') === 'patch' ? 'default' : 'full',
    projector: { activation: 'gelu', bias: true },
    imageTokenId: ORIGINAL_IMAGE_TOKEN,
    aspect,
    ...(raw.tokenizer_model_max_length == null ? {} : { maxTokens: raw.tokenizer_model_max_length }),
    ...(tiles ? { gridPinpoints: gridPinpoints(raw, file), unpadding: 'original' } : {}),
  };
}

function refuseUnsupported(raw: RawOriginal, file: string): void {
  const refuse = (key: string, value: unknown, supported: string): never => {
    throw usage(`${key} is ${JSON.stringify(value)}, which is not supported`, file, `supported: ${supported}`);
  };
  const { mm_projector_type: projector, mm_resampler_type: resampler, mm_vision_select_feature: feature } = raw;
  if (projector == null) {
    // build_vision_projector's default
    throw usage('mm_projector_type is missing, which means "linear"', file, 'supported: mlp2x_gelu');
  }
  if (projector !== 'mlp2x_gelu') refuse('mm_projector_type', projector, 'mlp2x_gelu');
  if (resampler != null) refuse('mm_resampler_type', resampler, 'null');
  if (raw.mm_use_im_start_end === true) refuse('mm_use_im_start_end', true, 'false');
  if (feature != null && feature !== 'patch' && feature !== 'cls_patch') {
    refuse('mm_vision_select_feature', feature, 'patch, cls_patch');
  }
  const merge = raw.mm_patch_merge_type;
  if (merge != null && merge !== 'flat' && merge !== 'spatial_unpad') {
    refuse('mm_patch_merge_type', merge, 'flat (with image_aspect_ratio pad or square), spatial_unpad');
  }
}

function aspectOf(raw: RawOriginal, file: string): CheckpointConfig['aspect'] {
  const ratio = raw.image_aspect_ratio ?? 'square';
  switch (ratio) {
    case 'square':
      return 'processor';
    case 'pad':
      return 'pad';
    case 'anyres':
      if (raw.mm_patch_merge_type === 'spatial_unpad') return 'anyres';
      throw usage(
        `image_aspect_ratio "anyres" with mm_patch_merge_type ${JSON.stringify(raw.mm_patch_merge_type ?? 'flat')} is not supported`,
        file,
        'supported: spatial_unpad',
      );
    default:
      throw usage(`image_aspect_ratio is "${ratio}", which is not supported`, file, 'supported: square, pad, anyres');
  }
}

/**
 * The original code reads pairs as (width, height), transformers as [height, width]; here they are turned into the
 * latter. The key may also be a Python list as a string.
 */
function gridPinpoints(raw: RawOriginal, file: string): (readonly [number, number])[] {
  const value = raw.image_grid_pinpoints;
  if (value == null) throw usage('image_grid_pinpoints is missing, which anyres needs', file);
  const pairs =
    typeof value === 'string'
      ? parsePairs(value, file)
      : parseValue(value, pinpointsSchema, file, 'image_grid_pinpoints');
  return pairs.map(([width, height]) => [height, width] as const);
}

function parsePairs(text: string, file: string): [number, number][] {
  try {
    return parseJson(text.replaceAll('(', '[').replaceAll(')', ']'), pinpointsSchema, file);
  } catch {
    throw usage(`image_grid_pinpoints is ${JSON.stringify(text)}, not a list of pairs`, file);
  }
}
