import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failed } from '../errors';
import { isAlive } from './alive';

/**
 * Writes a file beside its place, flushes it and renames it there: a reader sees the old file or the new one, never a
 * part. Throws CrossflowError `failed` with nothing left behind.
 */
export function writeBeside(path: string, pieces: Iterable<string | Uint8Array>): void {
  const beside = `${path}.${process.pid}.part`;
  try {
    const file = openSync(beside, 'w');
    try {
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

/** What went wrong before is what the user must hear of. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays beside.
  }
}

/** Removes what writers that were killed left beside their files. */
export function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const writer = /\.(\d+)\.part$/.exec(name)?.[1];
    if (writer !== undefined && !isAlive(Number(writer))) removeQuietly(join(folder, name));
  }
}
