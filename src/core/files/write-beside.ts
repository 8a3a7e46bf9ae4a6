import { closeSync, fstatSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failed } from '../errors';
import { besidePath, removeLeftovers, removeQuietly } from './beside';

/**
 * Writes a file beside its place, flushes it and renames it there: a reader sees the old file or the new one, never a
 * part. What a killed writer of this file left goes. Throws CrossflowError `failed` with nothing left behind.
 */
export function writeBeside(path: string, pieces: Iterable<string | Uint8Array>): void {
  const file = new FileBeside(path);
  try {
    for (const piece of pieces) file.write(piece);
    file.finish();
  } catch (e) {
    file.discard();
    throw e;
  }
}

/** So many bytes of text wait to be written at once, for a table has a short piece for each question. */
const WAITING_BYTES = 256 << 10;
/** Of a character of a string, in UTF-8. */
const MOST_BYTES = 3;

/** The same for who writes several files at once: finish() or discard() must be called. All throw as writeBeside(). */
export class FileBeside {
  private readonly beside: string;
  private file: number | undefined;
  private waiting: Buffer | undefined;
  private filled = 0;

  constructor(readonly path: string) {
    this.beside = besidePath(path);
    this.file = this.orFail(() => openSync(this.beside, 'w'));
    // Made just now, so it tells the time by the clock of the machine that keeps the files.
    removeLeftovers(path, fstatSync(this.file).mtimeMs);
  }

  write(piece: string | Uint8Array): void {
    const most = typeof piece === 'string' ? MOST_BYTES * piece.length : Infinity;
    if (this.filled + most > WAITING_BYTES) this.flush();
    if (typeof piece !== 'string') this.put(piece);
    else if (most > WAITING_BYTES) this.put(Buffer.from(piece));
    else {
      this.waiting ??= Buffer.allocUnsafe(WAITING_BYTES);
      this.filled += this.waiting.write(piece, this.filled);
    }
  }

  /** The file is on the disk and has its name. */
  finish(): void {
    this.flush();
    this.orFail(() => {
      fsyncSync(this.file!);
      this.close();
      renameSync(this.beside, this.path);
    });
    flushFolder(dirname(this.path));
  }

  /** Leaves what stands at the path as it is. Does nothing after finish(). */
  discard(): void {
    this.close();
    removeQuietly(this.beside);
  }

  private flush(): void {
    const { waiting, filled } = this;
    this.filled = 0;
    if (waiting && filled > 0) this.put(waiting.subarray(0, filled));
  }

  private put(bytes: Uint8Array): void {
    this.orFail(() => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.file!, bytes, at);
    });
  }

  private close(): void {
    const file = this.file;
    this.file = undefined;
    if (file !== undefined) closeSync(file);
  }

  private orFail<R>(work: () => R): R {
    try {
      return work();
    } catch (e) {
      throw failed(`cannot be written: ${(e as Error).message}`, this.path);
    }
  }
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
