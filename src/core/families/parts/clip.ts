/** CLIP's vision tower: its config, and the TowerSpec of a folder's tensors. Source: transformers modeling_clip.py. */
import { z } from 'zod';
import { parseValue } from '../../checkpoint/folder';
import { refuseKeys } from '../../checkpoint/keys/rules';
import type { WeightTable } from '../../checkpoint/weights';
import { usage } from '../../errors';
import type { TowerSpec } from '../../spec';
import { CLIP_KEYS, TOWER_KEYS } from '../keys/towers';
import { CLASS_EMBEDDING, norm, refuseMoreLayers, vitBlocks } from './names';
import { parseTowerConfig, type TowerConfig, type TowerDefaults } from './tower-config';

/** transformers' CLIPVisionConfig. */
const DEFAULTS: TowerDefaults = {
  hidden: 768,
  intermediate: 3072,
  layers: 12,
  heads: 12,
  imageSize: 224,
  patchSize: 32,
};

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

/** @param value `vision_config`, or undefined for the default tower of LLaVA */
export const parseVisionConfig = (value: unknown, file: string, prefix = 'vision_config'): TowerConfig =>
  parseTowerConfig(value ?? LLAVA_TOWER, file, prefix, {
    defaults: DEFAULTS,
    epsilon: 1e-5,
    activation: 'quick_gelu',
    types: ['clip_vision_model'],
    check: (raw) => refuseKeys(raw, TOWER_KEYS, file, prefix),
  });

const clipSchema = z.looseObject({
  model_type: z.string().nullish(),
  vision_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config_dict: z.record(z.string(), z.unknown()).nullish(),
});

/** config.json of a CLIP folder: a whole CLIPModel (`vision_config` inside), or the vision model alone. */
export function parseClipConfig(value: unknown, file: string): TowerConfig {
  const raw = parseValue(value, clipSchema, file);
  refuseKeys(raw, CLIP_KEYS, file);
  if (raw.vision_config != null || raw.vision_config_dict != null) {
    // CLIPConfig lets vision_config_dict overrule vision_config
    return parseVisionConfig({ ...raw.vision_config, ...raw.vision_config_dict }, file);
  }
  if (raw.model_type === 'clip') return parseVisionConfig({}, file);
  return parseVisionConfig(raw, file, '');
}

/** Which of the tower's hidden states becomes image tokens. */
export interface FeatureChoice {
  /** Index into the hidden states; negative counts from the last, as in Python. */
  readonly featureLayer: number;
  /** `default` drops the class row, `full` keeps it as the first image token. */
  readonly select: 'default' | 'full';
}

/**
 * The tower up to the layer whose output is used; later layers and the post norm are never needed.
 * @param prefix before `embeddings`, `pre_layrnorm` and `encoder`
 */
export function clipTower(
  w: WeightTable,
  prefix: string,
  vision: TowerConfig,
  { featureLayer, select }: FeatureChoice,
  file: string,
): Omit<TowerSpec, 'project'> {
  const { hidden, heads, imageSize, patchSize } = vision;
  // hidden_states[0] is the embedding after the pre norm, hidden_states[n] the output of layer n
  const states = vision.layers + 1;
  const run = featureLayer < 0 ? states + featureLayer : featureLayer;
  if (run < 0 || run >= states) {
    const range = `the tower has ${vision.layers} layers`;
    throw usage(`vision_feature_layer ${featureLayer} is out of range: ${range}`, file);
  }
  const patches = Math.floor(imageSize / patchSize) ** 2;
  const blocks = vitBlocks(w, `${prefix}encoder.layers.`, run, vision);
  // a negative layer counts from the end: a tower with more layers than the config says would give another one
  const next = `${prefix}encoder.layers.${vision.layers}.layer_norm1.weight`;
  if (featureLayer < 0) refuseMoreLayers(w, next, vision.layers, file);
  return {
    hidden,
    heads,
    norm: { kind: 'layer', epsilon: vision.layerNormEpsilon },
    patchSize,
    patch: {
      kind: 'conv',
      weight: w.get(`${prefix}embeddings.patch_embedding.weight`, [hidden, 3, patchSize, patchSize]),
    },
    classRow: w.get(prefix + CLASS_EMBEDDING, [hidden]),
    positions: { kind: 'table', table: w.get(`${prefix}embeddings.position_embedding.weight`, [1 + patches, hidden]) },
    before: norm(w, `${prefix}pre_layrnorm`, hidden, true),
    blocks,
    merge: { kind: 'none', dropClass: select === 'default' },
    taps: [],
  };
}
