import { cacheSnapshot, repositoryFolder } from './cache';
import { cacheFolder } from './environment';
import type { HubId } from './id';
import { missingFile } from './local';
import { missingTower } from './tower';

/** The snapshot of an id in the cache, when all of it is here, its vision tower included. The network is not asked. */
export async function findCached(id: HubId, cache = cacheFolder()): Promise<string | undefined> {
  const snapshot = await cacheSnapshot(repositoryFolder(cache, id.name), id.revision);
  if (snapshot === undefined || (await missingFile(snapshot, 'model')) !== undefined) return undefined;
  return (await missingTower(snapshot)) === undefined ? snapshot : undefined;
}
