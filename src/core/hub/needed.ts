/** Which files of a repository Crossflow reads; the others are never asked for. */
import { z } from 'zod';
import { usage } from '../errors';
import type { HubFile } from './listing';
import type { Part } from './local';
import { INDEX, indexSchema, noWeights, shardsOf, SINGLE } from './weight-files';

/** What a model has beside its weights. */
const BESIDE = [
  /^config\.json$/,
  /^generation_config\.json$/,
  /^(pre)?processor_config\.json$/,
  /^tokenizer(_config)?\.json$/,
  /^tokenizer\.model$/,
  /^(special_tokens_map|added_tokens)\.json$/,
  /^chat_template\.(jinja|json)$/,
];
const BESIDE_COMPANION = [/^config\.json$/, /^preprocessor_config\.json$/];

/** Configs, tokenizer and the like, smallest first. */
export function filesBeside(files: readonly HubFile[], part: Part): HubFile[] {
  const wanted = part === 'model' ? BESIDE : BESIDE_COMPANION;
  return files.filter(({ name }) => wanted.some((w) => w.test(name))).sort((a, b) => a.size - b.size);
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
