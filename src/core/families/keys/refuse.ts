/** Holds a checkpoint's files against its family's lists of keys: a value that is not supported is refused by name. */
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../../checkpoint/folder';
import { notesOn, refuseKeys } from '../../checkpoint/keys/rules';
import type { FamilyKeys, RawConfig } from '../family';
import { TEXT_KEYS, type TextKeys } from './text';

const jsonObject = z.looseObject({});
type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws CrossflowError `usage` naming the key of config.json whose value is not supported */
export function refuseConfigKeys(config: RawConfig, family: FamilyKeys, file: string): void {
  refuseKeys(config, family.config, file);
  const nested = config['text_config'];
  const [text, prefix] = isObject(nested) ? [nested, 'text_config.'] : family.flatText ? [config, ''] : [{}, ''];
  const type = String(text['model_type']);
  const known: Readonly<Record<string, TextKeys>> = TEXT_KEYS;
  const { keys, rope } = (Object.hasOwn(known, type) && known[type]) || known[family.text];
  if (prefix !== '') refuseKeys(text, keys, file, 'text_config');
  for (const key of ['rope_scaling', 'rope_parameters']) {
    if (isObject(text[key])) refuseKeys(text[key], rope, file, prefix + key);
  }
  if (isObject(config['vision_config'])) refuseKeys(config['vision_config'], family.vision, file, 'vision_config');
}

/**
 * The same for the files beside config.json; tokenizer_config.json is the tokenizer's.
 * @returns sentences on settings that are left aside
 */
export async function refuseFileKeys(folder: string, family: FamilyKeys): Promise<string[]> {
  const read = async (name: string): Promise<[Json | undefined, string]> => {
    const file = join(folder, name);
    return [await readJsonFile(file, jsonObject), file];
  };
  const [generation, generationFile] = await read('generation_config.json');
  if (generation) refuseKeys(generation, family.generation, generationFile);
  const [processor, processorFile] = await read('processor_config.json');
  if (processor) refuseKeys(processor, family.processor, processorFile);
  const image = processor?.['image_processor'];
  if (isObject(image)) refuseKeys(image, family.image, processorFile, 'image_processor');
  if (image == null) {
    const [flat, flatFile] = await read('preprocessor_config.json');
    if (flat) refuseKeys(flat, family.image, flatFile);
  }
  return generation ? notesOn(generation, family.generation, 'generation_config.json') : [];
}
