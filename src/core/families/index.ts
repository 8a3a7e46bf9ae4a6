/** The list of families, and what is asked of it. */
import { join } from 'node:path';
import { z } from 'zod';
import { checkpointFolder, parseJson, readJsonFile, refuseAdapter } from '../checkpoint/folder';
import { readMarker, refuseUnfinished } from '../checkpoint/quantized/marker';
import { WeightTable } from '../checkpoint/weights';
import { usage } from '../errors';
import type { Companion } from '../hub/companions';
import type { ModelSpec } from '../spec';
import type { Family, RawConfig } from './family';
import { idefics3 } from './idefics3';
import { llava, llavaNext } from './llava';
import { llavaOriginal } from './llava-original';
import { refuseConfigKeys, refuseFileKeys } from './keys/refuse';
import { refuseQuantized } from './parts/config';
import { qwenVl } from './qwen-vl';

/** The first that claims a config has it. */
export const FAMILIES: readonly Family[] = [llavaOriginal, llava, llavaNext, idefics3, ...qwenVl];

const SUPPORTED = FAMILIES.flatMap((f) => f.types).sort();

const jsonObject = z.record(z.string(), z.unknown());

/** @throws CrossflowError `usage` when no family knows this config.json */
export function familyOf(config: RawConfig, file: string): Family {
  refuseQuantized(config['quantization_config'], 'quantization_config', file);
  const found = FAMILIES.find((f) => f.claims(config));
  if (found) return found;
  const { model_type: type, architectures } = config;
  const [first] = Array.isArray(architectures) ? architectures.map(String) : [];
  const what =
    type != null
      ? `model_type ${JSON.stringify(type)}`
      : first !== undefined
        ? `architecture "${first}"`
        : 'a config without model_type';
  throw usage(`${what} is not supported`, file, `supported: ${SUPPORTED.join(', ')}`);
}

/** @throws CrossflowError `usage` naming the key that is not supported */
export function parseConfig(json: RawConfig, file: string): { readonly family: Family; readonly config: unknown } {
  const family = familyOf(json, file);
  refuseConfigKeys(json, family.keys, file);
  return { family, config: family.parse(json, file) };
}

/**
 * Looks at the config.json of a model that is not on this disk yet, so that nobody waits for gigabytes that cannot be
 * used. @throws CrossflowError `usage` naming the key that is not supported
 */
export function checkConfig(text: string, place: string): void {
  parseConfig(parseJson(text, jsonObject, place), place);
}

/** The other models that a checkpoint with this config.json needs; none for a config that cannot be used. */
export function companionsOf(text: string): readonly Companion[] {
  try {
    const { family, config } = parseConfig(parseJson(text, jsonObject, ''), '');
    return family.companions?.(config) ?? [];
  } catch {
    // whoever opens the checkpoint says what is wrong with it
    return [];
  }
}

/**
 * Reads everything about a checkpoint but its tensors' content: config, safetensors headers, image processor.
 * @param directory a checkpoint folder, or a repository folder of the Hugging Face cache
 * @throws CrossflowError `usage` saying which file and key or tensor is wrong, and what is supported
 */
export async function openCheckpoint(directory: string): Promise<ModelSpec> {
  await refuseUnfinished(directory);
  const path = await checkpointFolder(directory);
  await refuseAdapter(path);
  const file = join(path, 'config.json');
  const json = await readJsonFile(file, jsonObject);
  if (json === undefined) throw usage('config.json is missing: this is no checkpoint folder', file);
  const { family, config } = parseConfig(json, file);
  const notes = await refuseFileKeys(path, family.keys);
  const quantization = await readMarker(file);
  const weights = await WeightTable.open(path);
  return {
    ...(await family.open({ path, config: file, weights, ...(quantization && { quantization }) }, config)),
    notes,
  };
}
