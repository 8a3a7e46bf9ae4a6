/** From what the user named to an open model. */
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
  const { findLocalModel } = await import('../core/checkpoint/folder');
  const found = await findLocalModel(model.id, process.cwd());
  if (found !== undefined) return found;
  throw usage(
    `the model ${model.id} is not on this disk`,
    undefined,
    `fetch it first, e.g. hf download ${model.id}, or name a checkpoint folder`,
  );
}

/** What stands after `inspect` and `check`: a folder, or an id. */
export async function namedModel(name: string): Promise<Experiment['model']> {
  const { resolve } = await import('node:path');
  const { existsSync } = await import('node:fs');
  const path = resolve(name);
  return existsSync(path) || !/^[\w-][\w.-]*\/[\w.-]+$/.test(name) ? { kind: 'folder', path } : { kind: 'hub', id: name };
}

export async function openNamed(model: Experiment['model'], { threads, memory }: EngineFlags): Promise<Model> {
  const folder = await modelFolder(model);
  const { openModel } = await loadEngine();
  return openModel(folder, { ...(threads && { threads }), ...(memory && { chunkBudget: memory }) });
}

/** The engine brings native code; a broken installation should say so. */
async function loadEngine(): Promise<typeof import('../core/engine/model')> {
  try {
    return await import('../core/engine/model');
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_DLOPEN_FAILED' && code !== 'ERR_MODULE_NOT_FOUND') throw e;
    const [line = ''] = message.split('\n');
    throw failed(`the engine cannot be loaded: ${line}`, undefined, 'install the packages again: npm ci');
  }
}
