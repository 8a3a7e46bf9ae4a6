/** SigLIP's vision tower, without a class row: its config, and the TowerSpec of a folder's tensors. Source: transformers modeling_siglip.py. */
import type { WeightTable } from '../../checkpoint/weights';
import type { TowerSpec } from '../../spec';
import { norm, refuseMoreLayers, vitBlocks } from './names';
import { parseTowerConfig, type TowerConfig, type TowerDefaults } from './tower-config';

/** @param types values of `model_type` that mean such a tower in this family's configs */
export const parseSiglipConfig = (
  value: unknown,
  file: string,
  defaults: TowerDefaults,
  types: readonly string[],
): TowerConfig =>
  parseTowerConfig(value ?? {}, file, 'vision_config', {
    defaults,
    epsilon: 1e-6,
    activation: 'gelu_pytorch_tanh',
    types,
  });

/**
 * All layers and the norm after them.
 * @param prefix before `embeddings`, `encoder` and `post_layernorm`
 * @param positions how the table of positions is read; its side is that of the config's image
 */
export function siglipTower(
  w: WeightTable,
  prefix: string,
  vision: TowerConfig,
  positions: 'table' | 'bucketed',
  file: string,
): Omit<TowerSpec, 'merge' | 'project'> {
  const { hidden, heads, imageSize, patchSize } = vision;
  const side = Math.floor(imageSize / patchSize);
  refuseMoreLayers(w, `${prefix}encoder.layers.${vision.layers}.layer_norm1.weight`, vision.layers, file);
  const patch = `${prefix}embeddings.patch_embedding`;
  const table = w.get(`${prefix}embeddings.position_embedding.weight`, [side * side, hidden]);
  return {
    hidden,
    heads,
    norm: { kind: 'layer', epsilon: vision.layerNormEpsilon },
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
