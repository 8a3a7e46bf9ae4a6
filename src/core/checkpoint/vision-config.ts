import { z } from 'zod';
import { usage } from '../errors';
import { parseValue } from './folder';
import { refuseKeys } from './keys/rules';
import { CLIP_KEYS, TOWER_KEYS } from './keys/tower';
import type { Activation } from './spec';
import { count } from './text-config';

/** What a config says about the CLIP tower, with the Python class's defaults filled in. */
export interface VisionConfig {
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly imageSize: number;
  readonly patchSize: number;
  readonly layerNormEpsilon: number;
  readonly activation: Activation;
}

/** Candidate canvases of anyres images. */
export const pinpointsSchema = z.array(z.tuple([count, count])).min(1);

const square = z.union([count, z.array(count).min(1).max(2)]);
const visionSchema = z.looseObject({
  model_type: z.string().nullish(),
  hidden_size: count.nullish(),
  intermediate_size: count.nullish(),
  num_hidden_layers: count.max(10_000).nullish(),
  num_attention_heads: count.nullish(),
  num_channels: count.nullish(),
  image_size: square.nullish(),
  patch_size: square.nullish(),
  hidden_act: z.string().nullish(),
  layer_norm_eps: z.number().nonnegative().nullish(),
});

/** transformers' LlavaConfig: the tower when config.json has no `vision_config` at all. */
const LLAVA_TOWER = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  image_size: 336,
  patch_size: 14,
};

/** Towers that original LLaVA folders name without bringing their config; from the models' own config.json. */
const KNOWN_TOWERS: Readonly<Record<string, typeof LLAVA_TOWER>> = {
  'openai/clip-vit-large-patch14-336': LLAVA_TOWER,
  'openai/clip-vit-large-patch14': { ...LLAVA_TOWER, image_size: 224 },
};
export const knownTower = (name: string): typeof LLAVA_TOWER | undefined =>
  Object.hasOwn(KNOWN_TOWERS, name) ? KNOWN_TOWERS[name] : undefined;

/** transformers ACT2FN names of the activations that are supported. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  quick_gelu: 'quick_gelu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  silu: 'silu',
  swish: 'silu',
  relu: 'relu',
};

export function parseActivation(name: string, key: string, file: string): Activation {
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation !== undefined) return activation;
  const hint = `supported: ${Object.keys(ACTIVATIONS).join(', ')}`;
  throw usage(`${key} is "${name}", which is not supported`, file, hint);
}

/** @param value `vision_config`, or undefined for the default tower of LLaVA */
export function parseVisionConfig(value: unknown, file: string, prefix = 'vision_config'): VisionConfig {
  const raw = parseValue(value ?? LLAVA_TOWER, visionSchema, file, prefix);
  refuseKeys(raw, TOWER_KEYS, file, prefix);
  const type = raw.model_type ?? 'clip_vision_model';
  if (type !== 'clip_vision_model') {
    throw usage(`${prefix}.model_type is "${type}", which is not supported`, file, 'supported: clip_vision_model');
  }
  if ((raw.num_channels ?? 3) !== 3) throw usage(`${prefix}.num_channels is ${raw.num_channels}, not 3`, file);
  const hidden = raw.hidden_size ?? 768;
  const heads = raw.num_attention_heads ?? 12;
  if (hidden % heads !== 0) {
    throw usage(`${prefix}.num_attention_heads (${heads}) does not divide hidden_size (${hidden})`, file);
  }
  const imageSize = side(raw.image_size ?? 224, `${prefix}.image_size`, file);
  const patchSize = side(raw.patch_size ?? 32, `${prefix}.patch_size`, file);
  if (patchSize > imageSize) throw usage(`${prefix}.patch_size is larger than image_size`, file);
  return {
    hidden,
    intermediate: raw.intermediate_size ?? 3072,
    layers: raw.num_hidden_layers ?? 12,
    heads,
    imageSize,
    patchSize,
    layerNormEpsilon: raw.layer_norm_eps ?? 1e-5,
    activation: parseActivation(raw.hidden_act ?? 'quick_gelu', `${prefix}.hidden_act`, file),
  };
}

function side(value: number | number[], key: string, file: string): number {
  const [height, width = height] = [value].flat();
  if (height === undefined || height !== width) throw usage(`${key} is not square`, file, 'only squares are supported');
  return height;
}

const clipSchema = z.looseObject({
  model_type: z.string().nullish(),
  vision_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config_dict: z.record(z.string(), z.unknown()).nullish(),
});

/** config.json of a CLIP folder: a whole CLIPModel (`vision_config` inside), or the vision model alone. */
export function parseClipConfig(value: unknown, file: string): VisionConfig {
  const raw = parseValue(value, clipSchema, file);
  refuseKeys(raw, CLIP_KEYS, file);
  if (raw.vision_config != null || raw.vision_config_dict != null) {
    // CLIPConfig lets vision_config_dict overrule vision_config
    return parseVisionConfig({ ...raw.vision_config, ...raw.vision_config_dict }, file);
  }
  if (raw.model_type === 'clip') return parseVisionConfig({}, file);
  return parseVisionConfig(raw, file, '');
}
