import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheSnapshot, repositoryFolder } from './cache';
import { missingCompanion, type CompanionsOf } from './companions';
import { cacheFolder } from './environment';
import type { HubId } from './id';
import { linkTrouble } from './links';
import { missingFile } from './local';

/** All models in the cache that are complete, by name, with their snapshots. The network is not asked. */
export async function cachedModels(
  companionsOf: CompanionsOf,
  cache = cacheFolder(),
): Promise<{ name: string; snapshot: string }[]> {
  const folders = await readdir(cache).catch(() => []);
  const names = folders.flatMap((folder) => /^models--([^-].*?)--(.+)$/.exec(folder)?.slice(1, 3).join('/') ?? []);
  // one that cannot be read does not hide the others
  const snapshots = await Promise.all(
    names.map((name) => findCached({ name }, companionsOf, cache).catch(() => undefined)),
  );
  return names
    .flatMap((name, i) => (snapshots[i] === undefined ? [] : [{ name, snapshot: snapshots[i] }]))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The snapshot of an id in the cache, when all of it is here, its companions included. The network is not asked.
 * @throws CrossflowError `usage` when the file is there, but its link cannot be followed: fetching would not help
 */
export async function findCached(
  id: HubId,
  companionsOf: CompanionsOf,
  cache = cacheFolder(),
): Promise<string | undefined> {
  const snapshot = await cacheSnapshot(repositoryFolder(cache, id.name), id.revision);
  if (snapshot === undefined) return undefined;
  const missing = await missingFile(snapshot, 'model');
  // of a link that arrives as a text file nothing is missing
  const trouble = await linkTrouble(join(snapshot, missing ?? 'config.json'));
  if (trouble && !trouble.fetchable) throw trouble.error;
  if (missing !== undefined) return undefined;
  return (await missingCompanion(snapshot, companionsOf)) === undefined ? snapshot : undefined;
}
