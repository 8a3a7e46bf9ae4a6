/** What marks an imported checkpoint in its config.json, and an import that is not finished yet. */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { usage } from '../../errors';
import { isFile, isFolder, readJsonFile } from '../folder';
import type { Quantization } from '../../spec';
import { BLOCK_SIZES } from './format';

/** Counts up when the layout of the tensors changes. */
export const FORMAT_VERSION = 1;

const bits = z.union([z.literal(4), z.literal(8)]);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `crossflow.quantization` in config.json. */
export const markerSchema = z.object({
  version: z.literal(FORMAT_VERSION, { error: `is not ${FORMAT_VERSION}: made by another release of Crossflow` }),
  bits,
  block_size: z.union(BLOCK_SIZES.map((size) => z.literal(size))),
  bits_per_weight: z.number().positive(),
  /** Settings in words; imports of one checkpoint with the same recipe are the same. */
  recipe: z.string(),
  source: z.object({ name: z.string(), hash: sha256 }),
});
export type Marker = z.infer<typeof markerSchema>;

const configSchema = z.looseObject({ crossflow: z.looseObject({ quantization: markerSchema.optional() }).optional() });

/** What config.json says of an import; undefined for a checkpoint as it was trained. */
export async function readMarker(config: string): Promise<Quantization | undefined> {
  const marker = (await readJsonFile(config, configSchema))?.crossflow?.quantization;
  if (marker === undefined) return undefined;
  return {
    bits: marker.bits,
    blockSize: marker.block_size,
    bitsPerWeight: marker.bits_per_weight,
    recipe: marker.recipe,
    source: marker.source,
  };
}

/** Where an import works until it is done; then the folder gets its name. */
export const workFolder = (output: string): string => `${output}.part`;

/** The import's own notes in its work folder (progress.ts). */
export const STATE_FILE = 'crossflow-import.json';
/** The same while it is written. */
export const UNNAMED_STATE_FILE = `${STATE_FILE}.new`;

/** @throws CrossflowError `usage` when this is, or would become, the folder of an import that is not finished */
export async function refuseUnfinished(directory: string): Promise<void> {
  const folder = resolve(directory);
  const hint = 'run the same `crossflow import` again to resume it';
  if (await isFile(join(folder, STATE_FILE))) throw usage('this import is not finished', folder, hint);
  if (!(await isFolder(folder)) && (await isFile(join(workFolder(folder), STATE_FILE)))) {
    throw usage('there is no such checkpoint folder yet: its import is not finished', folder, hint);
  }
}
