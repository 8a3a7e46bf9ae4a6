/** Removes shards' journals whose results stand in the merged one. */
import { closeSync, fstatSync, openSync, rmdirSync, rmSync } from 'node:fs';
import { usage } from '../errors';
import { fileServerTime } from '../files/hold';
import type { ReadFile } from './journals';
import { owners } from './owner';

/**
 * Removes files of a run's journal folder that were merged as they were read. Call it once the merged journal is on the
 * disk. A process that had ended by then writes no more, and a new one makes a file of its own; so with nobody at work, a
 * file of the size that was read holds nothing that was not merged. Throws CrossflowError `usage` when shards are being
 * worked on (nothing is removed), or when one of the files has grown (that one stays).
 */
export function removeMerged(folder: string, files: readonly ReadFile[]): void {
  if (files.length === 0) return;
  if (owners(folder, fileServerTime(folder)).some((o) => o.alive)) {
    throw usage('shards are being worked on, so nothing was removed', folder, 'merge again when they are done');
  }
  const grown = files.filter(({ path, size }) => !removeAsRead(path, size));
  if (grown[0]) throw usage('was written to while it was merged, so it stays', grown[0].path, 'merge again');
  removeIfEmpty(folder);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody has begun to work there, or the folder holds other things.
  }
}

/** @returns false when the file is not as it was */
function removeAsRead(path: string, size: number): boolean {
  if ((sizeOf(path) ?? size) !== size) return false;
  rmSync(path, { force: true });
  return true;
}

/** Network file systems tell an old size by name, the true one of a file just opened. Undefined: it is gone. */
function sizeOf(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw e;
  }
  try {
    return fstatSync(file).size;
  } finally {
    closeSync(file);
  }
}
