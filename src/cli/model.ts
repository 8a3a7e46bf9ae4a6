/** From what the user named to an open model. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { failed } from '../core/errors';
import type { Model } from '../core/engine/api';
import type { Device, EngineOptions } from '../core/engine/types';
import type { Experiment } from '../core/experiment/types';
import { hubId, readHubId } from '../core/hub/id';
import type { Fetching } from './download';
import { reportLine } from './report';
import type { Opening } from '../core/dataset/fit';

export interface EngineFlags extends FetchFlags {
  readonly threads?: number;
  /** Bytes for one chunk. */
  readonly memory?: number;
  readonly device?: Device;
  /** Runs even if it does not fit in memory. */
  readonly force?: boolean;
}

export const engineOptions = ({ threads, memory, device }: EngineFlags): EngineOptions => ({
  ...(threads && { threads }),
  ...(memory && { chunkBudget: memory }),
  ...(device && { device }),
});

export interface FetchFlags {
  /** A model that is not here may be fetched without asking. */
  readonly yes?: boolean;
}

/**
 * A folder on disk: the folder itself, or a Hugging Face id's snapshot in the local cache. A model that is not there is
 * fetched when the user says so, at the terminal or with --yes.
 */
export async function modelFolder(model: Experiment['model'], fetching: FetchFlags & Fetching = {}): Promise<string> {
  if (model.kind === 'folder') return model.path;
  const id = hubId(model.id);
  const { findCached } = await import('../core/families/hub');
  const found = await findCached(id);
  if (found !== undefined) return found;
  const { fetchWithConsent } = await import('./download');
  return fetchWithConsent(id, fetching.yes ?? false, fetching);
}

/** What stands after `inspect` and `check`: a folder, or an id. */
export function namedModel(name: string): Experiment['model'] {
  const path = resolve(name);
  return existsSync(path) || name.startsWith('.') || !readHubId(name)
    ? { kind: 'folder', path }
    : { kind: 'hub', id: name };
}

/** `opening`: what the model is opened for; left out, any question. @throws CrossflowError when it does not fit */
export async function openNamed(
  model: Experiment['model'],
  flags: EngineFlags,
  fetching: Fetching = {},
  opening: Opening = {},
): Promise<Model> {
  const { yes, force } = flags;
  const folder = await modelFolder(model, { ...fetching, ...(yes && { yes }) });
  try {
    const { openFitting } = await import('../core/dataset/fit');
    return await openFitting(folder, engineOptions(flags), { ...opening, say: reportLine, force: force ?? false });
  } catch (e) {
    throw notInstalled(e);
  }
}

/** The engine brings native code; a broken installation should say so. */
export function notInstalled(e: unknown): unknown {
  const { code, message } = e as NodeJS.ErrnoException;
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_DLOPEN_FAILED' && code !== 'ERR_MODULE_NOT_FOUND') return e;
  const [line = ''] = message.split('\n');
  return failed(`the engine cannot be loaded: ${line}`, undefined, 'install the packages again: npm ci');
}
