/** Which files of a repository Crossflow reads; the others are never asked for. */
import { z } from 'zod';
import { usage } from '../errors';
import type { HubFile } from './listing';
import type { Part } from './local';
import { INDEX, indexSchema, noWeights, shardsOf, SINGLE } from './weight-files';

/** Small files that change what a model computes. In this order: checkpointHash() counts on it. */
export const SMALL_FILES = [
  'config.json', 'generation_config.json', 'preprocessor_config.json', 'processor_config.json', 'tokenizer.json',
  'tokenizer_config.json', 'chat_template.jinja', 'chat_template.json',
] as const; // prettier-ignore
/** What the tokenizer is made of where there is no tokenizer.json. */
export const TOKENIZER_FILES = ['tokenizer.model', 'added_tokens.json'] as const;
/** Names added tokens, whatever the tokenizer is read from. */
export const TOKEN_MAP = 'special_tokens_map.json';

/** What a model has beside its weights. */
export const BESIDE: readonly string[] = [...SMALL_FILES, ...TOKENIZER_FILES, TOKEN_MAP];
const BESIDE_COMPANION: readonly string[] = ['config.json', 'preprocessor_config.json'];

/** Configs, tokenizer and the like, smallest first. */
export function filesBeside(files: readonly HubFile[], part: Part): HubFile[] {
  const wanted = part === 'model' ? BESIDE : BESIDE_COMPANION;
  return files.filter(({ name }) => wanted.includes(name)).sort((a, b) => a.size - b.size);
}

/** The one file that says or holds everything about the weights. @throws CrossflowError `usage` when there is none */
export function weightListing(files: readonly HubFile[], place: string): HubFile {
  // In the order in which a checkpoint folder is read.
  const found = [SINGLE, INDEX].map((name) => files.find((file) => file.name === name)).find((file) => file);
  if (found) return found;
  throw noWeights(files.map((file) => file.name).sort(), place);
}

/** The shards that an index names; whatever else ends in .safetensors is a duplicate. @throws CrossflowError `usage` */
export function shardFiles(index: string, files: readonly HubFile[], place: string): HubFile[] {
  return shardsOf(parseIndex(index, place), `${place}/${INDEX}`).map((name) => {
    const file = files.find((f) => f.name === name);
    if (file === undefined) throw usage(`${INDEX} names ${name}, which is not there`, place);
    return file;
  });
}

function parseIndex(text: string, place: string): Record<string, string> {
  try {
    return indexSchema.parse(JSON.parse(text)).weight_map;
  } catch (e) {
    const why = e instanceof z.ZodError ? e.issues[0]?.message : (e as Error).message;
    throw usage(`is no index of weights: ${why}`, `${place}/${INDEX}`);
  }
}
