/** Models that are on this disk already. Nothing here asks the network. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { cacheSnapshot, repositoryFolder } from './cache';
import { isFile } from './disk';
import { cacheFolder } from './environment';
import { readHubId } from './id';
import { INDEX, indexSchema, SINGLE } from './weight-files';

/** A whole model answers questions; of a companion only some weights are used, and no tokenizer. */
export type Part = 'model' | 'companion';

/** The first file that a checkpoint folder lacks, or undefined when it can be used. */
export async function missingFile(folder: string, part: Part): Promise<string | undefined> {
  const has = (name: string): Promise<boolean> => isFile(join(folder, name));
  if (!(await has('config.json'))) return 'config.json';
  if (part === 'model' && !(await has('tokenizer.json')) && !(await has('tokenizer.model'))) return 'tokenizer.json';
  if (await has(SINGLE)) return undefined;
  const text = await readFile(join(folder, INDEX), 'utf8').catch(() => undefined);
  if (text === undefined) return SINGLE;
  for (const shard of shards(text)) if (!(await has(shard))) return shard;
  return undefined;
}

/** An index that cannot be read is not missing: whoever opens the checkpoint says what is wrong with it. */
function shards(index: string): readonly string[] {
  try {
    return [...new Set(Object.values(indexSchema.parse(JSON.parse(index)).weight_map))].map((name) => basename(name));
  } catch {
    return [];
  }
}

/**
 * Where a model named in a checkpoint's config (a companion) lies on this disk: an absolute folder, a folder relative to the
 * checkpoint, one beside it (by full or last name), or a complete snapshot in a Hugging Face cache.
 */
export async function findLocalModel(name: string, checkpoint: string): Promise<string | undefined> {
  const beside = dirname(checkpoint);
  const last = basename(name);
  const candidates = [resolve(checkpoint, name), join(checkpoint, last), resolve(beside, name), join(beside, last)];
  for (const folder of candidates) {
    if (folder !== resolve(checkpoint) && (await isFile(join(folder, 'config.json')))) return folder;
  }
  const id = readHubId(name);
  if (id === undefined) return undefined;
  for (const root of cacheRoots(checkpoint)) {
    const snapshot = await cacheSnapshot(repositoryFolder(root, id.name), id.revision);
    // One that has its config alone still says what the picture must look like; weights may be in the checkpoint.
    if (snapshot !== undefined && (await isFile(join(snapshot, 'config.json')))) return snapshot;
  }
  return undefined;
}

/** The cache that a checkpoint itself lies in (`<root>/models--x--y/snapshots/<commit>`), then the user's. */
function cacheRoots(near: string): string[] {
  const own = basename(dirname(near)) === 'snapshots' ? [dirname(dirname(dirname(near)))] : [];
  return [...own, cacheFolder()];
}
