/**
 * Some checkpoints need parts of another model: original LLaVA folders name their vision tower, and some leave its
 * weights to it. Which do, families/ knows; here such models are found, or found missing.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHubId, type HubId } from './id';
import { findLocalModel, missingFile } from './local';
import { INDEX, SINGLE } from './weight-files';

/** Another model that a checkpoint needs parts of. */
export interface Companion {
  /** A hub id, or a folder (absolute, or relative to the checkpoint or what lies beside it). */
  readonly name: string;
  /** What it is to the checkpoint, in words: `vision tower`. */
  readonly role: string;
  /** Whether the checkpoint has its weights itself. `tensors`: an index, or the header of a .safetensors file. */
  inside(tensors: string): boolean;
}

/** The companions of a checkpoint by the text of its config.json. */
export type CompanionsOf = (config: string) => Promise<readonly Companion[]>;

/** A companion that is a model of the hub. */
export interface HubCompanion extends Companion {
  readonly id: HubId;
}

/** Largest header of a .safetensors file, as its own library has it. */
export const HEADER_LIMIT = 100_000_000;

/** Those that can be fetched. */
export async function hubCompanions(config: string, companionsOf: CompanionsOf): Promise<HubCompanion[]> {
  return (await companionsOf(config)).flatMap((companion) => {
    const id = readHubId(companion.name);
    return id ? [{ ...companion, id }] : [];
  });
}

/** The first that a checkpoint folder needs from elsewhere and that is not complete on this disk. */
export async function missingCompanion(folder: string, companionsOf: CompanionsOf): Promise<HubId | undefined> {
  const config = await readFile(join(folder, 'config.json'), 'utf8').catch(() => '');
  const companions = await hubCompanions(config, companionsOf);
  if (companions.length === 0) return undefined;
  const tensors = await tensorsIn(folder);
  for (const companion of companions) {
    if (!companion.inside(tensors) && !(await isHere(companion.id, folder))) return companion.id;
  }
  return undefined;
}

/** True when the model that the checkpoint in this folder (there or not yet) needs is on this disk. */
export async function isHere(id: HubId, folder: string): Promise<boolean> {
  const found = await findLocalModel(id.name, folder);
  return found !== undefined && (await missingFile(found, 'companion')) === undefined;
}

async function tensorsIn(folder: string): Promise<string> {
  return (await header(join(folder, SINGLE))) ?? (await readFile(join(folder, INDEX), 'utf8').catch(() => ''));
}

/** A .safetensors file begins with the length of its header (8 bytes) and the header, which is JSON. */
async function header(file: string): Promise<string | undefined> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    const length = headerLength(buffer);
    return (await handle.read(Buffer.alloc(length), 0, length, 8)).buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

/** Of a header that cannot be, 0: whoever opens the checkpoint says what is wrong with it. */
export function headerLength(start: Uint8Array): number {
  if (start.length < 8) return 0;
  const length = Number(Buffer.from(start).readBigUInt64LE());
  return length <= HEADER_LIMIT ? length : 0;
}
