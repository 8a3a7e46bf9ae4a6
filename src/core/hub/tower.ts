/**
 * Original LLaVA checkpoints name their vision tower (`mm_vision_tower`), and some leave its weights to a second model.
 */
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readHubId, type HubId } from './id';
import { findLocalModel, missingFile } from './local';
import { INDEX, SINGLE } from './weight-files';

/** Largest header of a .safetensors file, as its own library has it. */
export const HEADER_LIMIT = 100_000_000;
/** Stands in the list of tensors of every checkpoint that has a CLIP tower inside. */
const INSIDE = 'embeddings.class_embedding"';

const configSchema = z.looseObject({ mm_vision_tower: z.string().optional().catch(undefined) });

/** The model that config.json names as tower, when it is one of the hub. */
export function namedTower(config: string): HubId | undefined {
  try {
    return readHubId(configSchema.parse(JSON.parse(config)).mm_vision_tower ?? '');
  } catch {
    return undefined;
  }
}

/** @param tensors the text of an index, or of a .safetensors header */
export const holdsTower = (tensors: string): boolean => tensors.includes(INSIDE);

/** The tower that a checkpoint folder needs from elsewhere and that is not complete on this disk. */
export async function missingTower(folder: string): Promise<HubId | undefined> {
  const tower = namedTower(await readFile(join(folder, 'config.json'), 'utf8').catch(() => ''));
  if (tower === undefined || holdsTower(await tensorsIn(folder))) return undefined;
  return (await hasTower(tower, folder)) ? undefined : tower;
}

/** True when the tower that the checkpoint in this folder (there or not yet) needs is on this disk. */
export async function hasTower(tower: HubId, folder: string): Promise<boolean> {
  const found = await findLocalModel(tower.name, folder);
  return found !== undefined && (await missingFile(found, 'tower')) === undefined;
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
