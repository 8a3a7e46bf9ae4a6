import { join } from 'node:path';
import { z } from 'zod';
import { usage } from '../errors';
import { parseValue, readJsonFile } from './folder';
import { MODEL_KEYS } from './keys/model';
import { refuseKeys } from './keys/rules';
import { isOriginal, parseOriginalConfig } from './original-config';
import type { Activation, Family, Unpadding } from './spec';
import { parseTextConfig, refuseQuantized, tokenId, type TextConfig } from './text-config';
import { parseActivation, parseVisionConfig, pinpointsSchema, type VisionConfig } from './vision-config';

/** config.json of either kind of folder, with every default filled in. */
export interface CheckpointConfig {
  readonly file: string;
  readonly family: Family;
  readonly text: TextConfig;
  /** Undefined where only the CLIP folder named by `tower` knows (original LLaVA). */
  readonly vision?: VisionConfig;
  /** Original LLaVA: the CLIP model's name or folder (`mm_vision_tower`), and the width config.json gives it. */
  readonly tower?: { readonly name: string; readonly hidden?: number };
  /** Index into the tower's hidden states; negative counts from the last, as in Python. */
  readonly featureLayer: number;
  readonly select: 'default' | 'full';
  readonly projector: { readonly activation: Activation; readonly bias: boolean };
  readonly imageTokenId: number;
  readonly aspect: 'processor' | 'pad' | 'anyres';
  /** Candidate canvases as [height, width]; set exactly for `llava_next`. */
  readonly gridPinpoints?: readonly (readonly [number, number])[];
  /** Left out: transformers'. */
  readonly unpadding?: Unpadding;
  /** Original LLaVA cuts what is longer (`tokenizer_model_max_length`). */
  readonly maxTokens?: number;
}

/** transformers' LlavaNextConfig, as [height, width]. */
const DEFAULT_PINPOINTS = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]] as const; // prettier-ignore

const FAMILIES: Readonly<Record<string, Family>> = { llava: 'llava', llava_next: 'llava_next' };
const ARCHITECTURES: Readonly<Record<string, Family>> = {
  LlavaForConditionalGeneration: 'llava',
  LlavaNextForConditionalGeneration: 'llava_next',
};

const configSchema = z.looseObject({
  model_type: z.string().nullish(),
  architectures: z.array(z.string()).nullish(),
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
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  quantization_config: z.unknown().optional(),
});
type RawConfig = z.infer<typeof configSchema>;

/** Reads config.json of a checkpoint folder. @throws CrossflowError `usage` naming the key that cannot be used. */
export async function readConfig(folder: string): Promise<CheckpointConfig> {
  const file = join(folder, 'config.json');
  const json = await readJsonFile(file, z.record(z.string(), z.unknown()));
  if (json === undefined) throw usage('config.json is missing: this is no checkpoint folder', file);
  return parseConfig(json, file);
}

export function parseConfig(json: Record<string, unknown>, file: string): CheckpointConfig {
  refuseQuantized(json['quantization_config'], 'quantization_config', file);
  if (isOriginal(json)) return parseOriginalConfig(json, file);
  const raw = parseValue(json, configSchema, file);
  const family = familyOf(raw, file);
  refuseKeys(json, MODEL_KEYS, file);
  const text = parseTextConfig(raw.text_config ?? undefined, file, 'text_config');
  const eos = raw.eos_token_id == null ? [] : [raw.eos_token_id].flat();
  return {
    file,
    family,
    // LlavaConfig joins the two with "or": either place may be the one that an older version wrote
    text: { ...text, tied: text.tied || (raw.tie_word_embeddings ?? false), eos: [...new Set([...text.eos, ...eos])] },
    vision: parseVisionConfig(raw.vision_config ?? undefined, file),
    featureLayer: featureLayer(raw.vision_feature_layer ?? -2, file),
    select: selectStrategy(raw.vision_feature_select_strategy ?? 'default', file),
    projector: {
      activation: parseActivation(raw.projector_hidden_act ?? 'gelu', 'projector_hidden_act', file),
      bias: raw.multimodal_projector_bias ?? true,
    },
    imageTokenId: raw.image_token_id ?? raw.image_token_index ?? 32000,
    aspect: family === 'llava_next' ? 'anyres' : 'processor',
    ...(family === 'llava_next' ? { gridPinpoints: raw.image_grid_pinpoints ?? DEFAULT_PINPOINTS } : {}),
  };
}

function familyOf(raw: RawConfig, file: string): Family {
  const { model_type: type, architectures } = raw;
  if (type != null) {
    if (Object.hasOwn(FAMILIES, type)) return FAMILIES[type];
    throw unsupported(`model_type "${type}"`, file);
  }
  const known = architectures?.find((a) => Object.hasOwn(ARCHITECTURES, a));
  if (known !== undefined) return ARCHITECTURES[known];
  throw unsupported(architectures?.length ? `architecture "${architectures[0]}"` : 'a config without model_type', file);
}

function unsupported(what: string, file: string): Error {
  const known = [...Object.keys(FAMILIES), 'original LLaVA folders (llava_llama, llava_mistral)'];
  return usage(`${what} is not supported`, file, `supported: ${known.join(', ')}`);
}

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
