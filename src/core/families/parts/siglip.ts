/** SigLIP's vision tower, without a class row: its config, and the TowerSpec of a folder's tensors. Source: transformers modeling_siglip.py. */
import { z } from 'zod';
import { parseValue } from '../../checkpoint/folder';
import type { WeightTable } from '../../checkpoint/weights';
import { usage } from '../../errors';
import type { Activation, TowerSpec } from '../../spec';
import { count, parseActivation, sideOf, square } from './config';
import { norm, vitBlocks } from './names';

const schema = z.looseObject({
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

/** What holds where a config is silent; families differ in it. */
export interface SiglipDefaults {
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly imageSize: number;
  readonly patchSize: number;
}

export interface SiglipConfig extends SiglipDefaults {
  readonly epsilon: number;
  readonly activation: Activation;
}

/** @param types values of `model_type` that mean such a tower in this family's configs */
export function parseSiglipConfig(
  value: unknown,
  file: string,
  defaults: SiglipDefaults,
  types: readonly string[],
): SiglipConfig {
  const raw = parseValue(value ?? {}, schema, file, 'vision_config');
  if (raw.model_type != null && !types.includes(raw.model_type)) {
    const hint = `supported: ${types.join(', ')}`;
    throw usage(`vision_config.model_type is "${raw.model_type}", which is not supported`, file, hint);
  }
  if ((raw.num_channels ?? 3) !== 3) throw usage(`vision_config.num_channels is ${raw.num_channels}, not 3`, file);
  const hidden = raw.hidden_size ?? defaults.hidden;
  const heads = raw.num_attention_heads ?? defaults.heads;
  if (hidden % heads !== 0) {
    throw usage(`vision_config.num_attention_heads (${heads}) does not divide hidden_size (${hidden})`, file);
  }
  const imageSize = sideOf(raw.image_size ?? defaults.imageSize, 'vision_config.image_size', file);
  const patchSize = sideOf(raw.patch_size ?? defaults.patchSize, 'vision_config.patch_size', file);
  if (patchSize > imageSize) throw usage('vision_config.patch_size is larger than image_size', file);
  return {
    hidden,
    intermediate: raw.intermediate_size ?? defaults.intermediate,
    layers: raw.num_hidden_layers ?? defaults.layers,
    heads,
    imageSize,
    patchSize,
    epsilon: raw.layer_norm_eps ?? 1e-6,
    activation: parseActivation(raw.hidden_act ?? 'gelu_pytorch_tanh', 'vision_config.hidden_act', file),
  };
}

/**
 * All layers and the norm after them.
 * @param prefix before `embeddings`, `encoder` and `post_layernorm`
 * @param positions how the table of positions is read; its side is that of the config's image
 */
export function siglipTower(
  w: WeightTable,
  prefix: string,
  vision: SiglipConfig,
  positions: 'table' | 'bucketed',
  file: string,
): Omit<TowerSpec, 'merge' | 'project'> {
  const { hidden, heads, imageSize, patchSize } = vision;
  const side = Math.floor(imageSize / patchSize);
  const extra = `${prefix}encoder.layers.${vision.layers}.layer_norm1.weight`;
  if (w.has(extra)) {
    throw usage(`the vision tower has more than the ${vision.layers} layers of its config: ${extra}`, file);
  }
  const patch = `${prefix}embeddings.patch_embedding`;
  const table = w.get(`${prefix}embeddings.position_embedding.weight`, [side * side, hidden]);
  return {
    hidden,
    heads,
    norm: { kind: 'layer', epsilon: vision.epsilon },
    patchSize,
    patch: {
      kind: 'conv',
      weight: w.get(`${patch}.weight`, [hidden, 3, patchSize, patchSize]),
      bias: w.get(`${patch}.bias`, [hidden]),
    },
    positions: positions === 'table' ? { kind: 'table', table } : { kind: 'bucketed', table, side },
    blocks: vitBlocks(w, `${prefix}encoder.layers.`, vision.layers, vision),
    after: norm(w, `${prefix}post_layernorm`, hidden, true),
    taps: [],
  };
}
