import { closeSync, fstatSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failed } from '../errors';
import { besidePath, removeLeftovers, removeQuietly } from './beside';

/**
 * Writes a file beside its place, flushes it and renames it there: a reader sees the old file or the new one, never a
 * part. What a killed writer of this file left goes. Throws CrossflowError `failed` with nothing left behind.
 */
export function writeBeside(path: string, pieces: Iterable<string | Uint8Array>): void {
  const beside = besidePath(path);
  try {
    const file = openSync(beside, 'w');
    try {
      // Made just now, so it tells the time by the clock of the machine that keeps the files.
      removeLeftovers(path, fstatSync(file).mtimeMs);
      for (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (e) {
    removeQuietly(beside);
    throw failed(`cannot be written: ${(e as Error).message}`, path);
  }
  flushFolder(dirname(path));
}

/** New names in it are on the disk too, where the system lets folders be flushed. */
export function flushFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, 'r');
    fsyncSync(handle);
  } catch {
    // Windows and some network disks cannot; the file itself is safe.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
