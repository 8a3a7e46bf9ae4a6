/** From what the user named to an open model. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { failed, usage } from '../core/errors';
import type { Model } from '../core/engine/api';
import type { Experiment } from '../core/experiment/types';

export interface EngineFlags {
  readonly threads?: number;
  /** Bytes for one chunk. */
  readonly memory?: number;
}

/** A folder on disk: the folder itself, or a Hugging Face id's snapshot in the local cache. Nothing is downloaded. */
export async function modelFolder(model: Experiment['model']): Promise<string> {
  if (model.kind === 'folder') return model.path;
  const { findCached } = await import('../core/hub/local');
  const { hubId } = await import('../core/hub/id');
  const found = await findCached(hubId(model.id));
  if (found !== undefined) return found;
  throw usage(
    `the model ${model.id} is not on this disk`,
    undefined,
    `fetch it first, e.g. hf download ${model.id}, or name a checkpoint folder`,
  );
}

/** What stands after `inspect` and `check`: a folder, or an id. */
export function namedModel(name: string): Experiment['model'] {
  const path = resolve(name);
  return existsSync(path) || !/^[\w-][\w.-]*\/[\w.-]+$/.test(name)
    ? { kind: 'folder', path }
    : { kind: 'hub', id: name };
}

export async function openNamed(model: Experiment['model'], { threads, memory }: EngineFlags): Promise<Model> {
  const folder = await modelFolder(model);
  const engine = await import('../core/engine/model').catch((e: unknown) => {
    throw notInstalled(e);
  });
  return engine.openModel(folder, { ...(threads && { threads }), ...(memory && { chunkBudget: memory }) });
}

/** The engine brings native code; a broken installation should say so. */
function notInstalled(e: unknown): unknown {
  const { code, message } = e as NodeJS.ErrnoException;
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_DLOPEN_FAILED' && code !== 'ERR_MODULE_NOT_FOUND') return e;
  const [line = ''] = message.split('\n');
  return failed(`the engine cannot be loaded: ${line}`, undefined, 'install the packages again: npm ci');
}
