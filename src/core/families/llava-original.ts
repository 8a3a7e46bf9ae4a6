/**
 * LLaVA-1.5 and LLaVA-1.6 as the original code writes them (github.com/haotian-liu/LLaVA): the decoder's keys stand at
 * the top of config.json, those of the tower and projector begin with `mm_`, and the CLIP tower may be a model of its own.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson, parseValue, readJsonFile } from '../checkpoint/folder';
import { WeightTable } from '../checkpoint/weights';
import { usage } from '../errors';
import { findLocalModel } from '../hub/local';
import { family, type RawConfig } from './family';
import { FAMILY_KEYS } from './keys/models';
import { refuseFileKeys } from './keys/refuse';
import { pinpointsSchema, type CanvasAspect } from './parts/canvas';
import { knownTower, parseClipConfig, parseVisionConfig } from './parts/clip';
import type { TowerConfig } from './parts/tower-config';
import { llavaModel, type ClipFolder, type LlavaConfig } from './parts/llava-model';
import { CLASS_EMBEDDING, prefixOf } from './parts/names';
import { parseTextConfig } from './parts/text';
import type { TextModelType } from './parts/text-types';

/** What stands for the image in `input_ids` of original LLaVA (IMAGE_TOKEN_INDEX in llava/constants.py). */
const ORIGINAL_IMAGE_TOKEN = -200;

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

interface Config extends LlavaConfig {
  /** The CLIP model's name or folder (`mm_vision_tower`), and the width config.json gives it. */
  readonly tower?: { readonly name: string; readonly hidden?: number };
}

const claims = (json: RawConfig): boolean =>
  ['mm_vision_tower', 'mm_projector_type', 'mm_hidden_size'].some((k) => json[k] != null) ||
  ['llava_llama', 'llava_mistral'].includes(String(json['model_type']));

export const llavaOriginal = family<Config>({
  id: 'llava_original',
  title: 'LLaVA, original folders',
  types: ['original LLaVA folders (llava_llama, llava_mistral)'],
  keys: FAMILY_KEYS.llava_original,
  claims,
  parse,
  companions: ({ tower }) =>
    tower === undefined
      ? []
      : [{ name: tower.name, role: 'vision tower', inside: (tensors) => tensors.includes(`${CLASS_EMBEDDING}"`) }],
  async open(folder, config) {
    const { tower } = config;
    const clip = tower && (await findLocalModel(tower.name, folder.path));
    // its image processor is the folder's where that has none
    if (clip !== undefined) await refuseFileKeys(clip, FAMILY_KEYS.llava_original);
    const vision = await visionOf(config, clip, folder.config);
    return llavaModel(folder, config, vision, {
      processors: clip === undefined ? [folder.path] : [folder.path, clip],
      clip: () => openTower(config, clip, folder.config),
    });
  },
});

function parse(json: RawConfig, file: string): Config {
  const raw = parseValue(json, schema, file);
  const type = raw.model_type ?? 'llava';
  const textType = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (textType === undefined) {
    throw usage(`model_type "${type}" is not supported`, file, `supported here: ${Object.keys(TYPES).join(', ')}`);
  }
  refuseUnsupported(raw, file);
  const tower = raw.mm_vision_tower ?? undefined;
  const vision = raw.vision_config ?? (tower === undefined ? undefined : knownTower(tower));
  const aspect = aspectOf(raw, file);
  const tiled = aspect === 'anyres' || raw.mm_patch_merge_type === 'spatial_unpad';
  return {
    // what such a folder computes is what its twin in the format of transformers does
    family: tiled ? 'llava_next' : 'llava',
    text: parseTextConfig(json, file, '', { is: textType }),
    ...(vision ? { vision: parseVisionConfig(vision, file) } : {}),
    ...(tower ? { tower: { name: tower, ...(raw.mm_hidden_size ? { hidden: raw.mm_hidden_size } : {}) } } : {}),
    // the released checkpoints all have it; -2 is theirs
    featureLayer: raw.mm_vision_select_layer ?? -2,
    select: (raw.mm_vision_select_feature ?? 'patch') === 'patch' ? 'default' : 'full',
    projector: { activation: 'gelu', bias: true },
    imageTokenId: ORIGINAL_IMAGE_TOKEN,
    aspect,
    ...(raw.tokenizer_model_max_length == null ? {} : { maxTokens: raw.tokenizer_model_max_length }),
    ...(tiled ? { gridPinpoints: gridPinpoints(raw, file), unpadding: 'original' } : {}),
  };
}

/** The CLIP folder's own config wins over what config.json knows of it. */
async function visionOf(config: Config, clip: string | undefined, file: string): Promise<TowerConfig> {
  const { tower } = config;
  let vision = config.vision;
  if (clip !== undefined) {
    const at = join(clip, 'config.json');
    const json = await readJsonFile(at, z.record(z.string(), z.unknown()));
    if (json !== undefined) vision = parseClipConfig(json, at);
  }
  if (vision === undefined) throw towerMissing(config, file);
  if (tower?.hidden !== undefined && tower.hidden !== vision.hidden) {
    throw usage(`mm_hidden_size is ${tower.hidden}, but the tower ${tower.name} has ${vision.hidden}`, file);
  }
  return vision;
}

/** Names inside a CLIP folder: a CLIPModel or CLIPVisionModel of transformers 4, or a CLIPVisionModel of 5. */
const CLIP_PREFIXES = ['vision_model.', ''] as const;

async function openTower(config: Config, clip: string | undefined, file: string): Promise<ClipFolder> {
  if (clip === undefined) throw towerMissing(config, file);
  const table = await WeightTable.open(clip);
  const prefix = prefixOf(table, CLIP_PREFIXES, CLASS_EMBEDDING);
  if (prefix === undefined) {
    throw usage(`has no CLIP vision tower: no ${CLIP_PREFIXES[0]}${CLASS_EMBEDDING}`, clip);
  }
  return { folder: clip, table, prefix };
}

function towerMissing(config: Config, file: string): Error {
  const name = config.tower?.name;
  if (name === undefined) return usage('mm_vision_tower is missing', file, 'name the CLIP folder there');
  const where = 'looked in the checkpoint folder, beside it and in the Hugging Face cache';
  const hint = `${where}; fetch it with "crossflow fetch ${name}", or put a copy with safetensors beside the checkpoint`;
  return usage(`the vision tower "${name}" (mm_vision_tower) was not found on this disk`, file, hint);
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

function aspectOf(raw: RawOriginal, file: string): CanvasAspect {
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
