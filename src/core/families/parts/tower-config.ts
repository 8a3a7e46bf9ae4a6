/** What a config says about a vision transformer; CLIP and SigLIP read the same keys with other defaults. */
import { z } from 'zod';
import { parseValue } from '../../checkpoint/folder';
import { usage } from '../../errors';
import type { Activation } from '../../spec';
import { count, parseActivation, sideOf, square } from './config';

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
export interface TowerDefaults {
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  /** Sides in pixels. */
  readonly imageSize: number;
  readonly patchSize: number;
}

export interface TowerConfig extends TowerDefaults {
  readonly layerNormEpsilon: number;
  readonly activation: Activation;
}

export interface TowerRules {
  readonly defaults: TowerDefaults;
  readonly epsilon: number;
  /** As `hidden_act` names it. */
  readonly activation: string;
  /** Values of `model_type` that mean such a tower; none is one, too. */
  readonly types: readonly string[];
  /** Refuses keys by name before their values are looked at. */
  readonly check?: (raw: Record<string, unknown>) => void;
}

/**
 * @param prefix of the keys in messages, such as `vision_config`
 * @throws CrossflowError `usage` naming the key
 */
export function parseTowerConfig(value: unknown, file: string, prefix: string, rules: TowerRules): TowerConfig {
  const { defaults, types } = rules;
  const raw = parseValue(value, schema, file, prefix);
  rules.check?.(raw);
  if (raw.model_type != null && !types.includes(raw.model_type)) {
    const hint = `supported: ${types.join(', ')}`;
    throw usage(`${prefix}.model_type is "${raw.model_type}", which is not supported`, file, hint);
  }
  if ((raw.num_channels ?? 3) !== 3) throw usage(`${prefix}.num_channels is ${raw.num_channels}, not 3`, file);
  const hidden = raw.hidden_size ?? defaults.hidden;
  const heads = raw.num_attention_heads ?? defaults.heads;
  if (hidden % heads !== 0) {
    throw usage(`${prefix}.num_attention_heads (${heads}) does not divide hidden_size (${hidden})`, file);
  }
  const imageSize = sideOf(raw.image_size ?? defaults.imageSize, `${prefix}.image_size`, file);
  const patchSize = sideOf(raw.patch_size ?? defaults.patchSize, `${prefix}.patch_size`, file);
  if (patchSize > imageSize) throw usage(`${prefix}.patch_size is larger than image_size`, file);
  return {
    hidden,
    intermediate: raw.intermediate_size ?? defaults.intermediate,
    layers: raw.num_hidden_layers ?? defaults.layers,
    heads,
    imageSize,
    patchSize,
    layerNormEpsilon: raw.layer_norm_eps ?? rules.epsilon,
    activation: parseActivation(raw.hidden_act ?? rules.activation, `${prefix}.hidden_act`, file),
  };
}
