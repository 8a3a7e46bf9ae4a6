/**
 * LLaVA-1.5 and LLaVA-NeXT in the format of transformers: a CLIP tower, two linear layers, a Llama or Mistral decoder.
 * LLaVA-NeXT also cuts pictures into tiles on one of a few canvases. Source: transformers modeling_llava.py,
 * modeling_llava_next.py and their configurations.
 */
import { z } from 'zod';
import { parseValue } from '../checkpoint/folder';
import { usage } from '../errors';
import { family, namedBy, type RawConfig } from './family';
import { FAMILY_KEYS } from './keys/models';
import { pinpointsSchema } from './parts/canvas';
import { parseVisionConfig } from './parts/clip';
import type { TowerConfig } from './parts/tower-config';
import { parseActivation, tokenId, tokenIds } from './parts/config';
import { llavaModel, type LlavaConfig } from './parts/llava-model';
import { parseTextConfig } from './parts/text';

/** transformers' LlavaNextConfig, as [height, width]. */
const DEFAULT_PINPOINTS = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]] as const; // prettier-ignore

const schema = z.looseObject({
  text_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config: z.record(z.string(), z.unknown()).nullish(),
  image_token_id: tokenId.nullish(),
  image_token_index: tokenId.nullish(),
  projector_hidden_act: z.string().nullish(),
  multimodal_projector_bias: z.boolean().nullish(),
  vision_feature_layer: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  vision_feature_select_strategy: z.string().nullish(),
  image_grid_pinpoints: pinpointsSchema.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: tokenIds.nullish(),
});

interface Config extends LlavaConfig {
  readonly vision: TowerConfig;
}

const parse =
  (id: string, tiled: boolean) =>
  (config: RawConfig, file: string): Config => {
    const raw = parseValue(config, schema, file);
    const text = parseTextConfig(raw.text_config ?? undefined, file, 'text_config');
    const eos = raw.eos_token_id == null ? [] : [raw.eos_token_id].flat();
    return {
      family: id,
      text: {
        ...text,
        // LlavaConfig joins the two with "or": either place may be the one that an older version wrote
        tied: text.tied || (raw.tie_word_embeddings ?? false),
        eos: [...new Set([...text.eos, ...eos])],
      },
      vision: parseVisionConfig(raw.vision_config ?? undefined, file),
      featureLayer: featureLayer(raw.vision_feature_layer ?? -2, file),
      select: selectStrategy(raw.vision_feature_select_strategy ?? 'default', file),
      projector: {
        activation: parseActivation(raw.projector_hidden_act ?? 'gelu', 'projector_hidden_act', file),
        bias: raw.multimodal_projector_bias ?? true,
      },
      imageTokenId: raw.image_token_id ?? raw.image_token_index ?? 32000,
      aspect: tiled ? 'anyres' : 'processor',
      ...(tiled ? { gridPinpoints: raw.image_grid_pinpoints ?? DEFAULT_PINPOINTS } : {}),
    };
  };

const member = (id: string, title: string, architecture: string, tiled: boolean) =>
  family<Config>({
    id,
    title,
    types: [id],
    keys: FAMILY_KEYS.llava,
    claims: namedBy([id], [architecture]),
    parse: parse(id, tiled),
    open: (folder, config) =>
      llavaModel(folder, config, config.vision, {
        processors: [folder.path],
        clip: async () => {
          throw usage('the vision tower is missing: the weights have none', folder.path);
        },
      }),
  });

export const llava = member('llava', 'LLaVA-1.5', 'LlavaForConditionalGeneration', false);
export const llavaNext = member('llava_next', 'LLaVA-NeXT', 'LlavaNextForConditionalGeneration', true);

function featureLayer(value: number | number[], file: string): number {
  const [layer, ...more] = [value].flat();
  if (layer === undefined || more.length > 0) {
    throw usage('vision_feature_layer is a list, which is not supported', file, 'supported: one layer, e.g. -2');
  }
  return layer;
}

function selectStrategy(value: string, file: string): 'default' | 'full' {
  if (value === 'default' || value === 'full') return value;
  const what = `vision_feature_select_strategy is "${value}", which is not supported`;
  throw usage(what, file, 'supported: default, full');
}
