/** sha256 of large files that rarely change: read once, then known by path, size, times and number on the disk. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cancelled, failed, usage } from '../errors';
import { ownCacheFolder } from '../files/cache-folder';
import { writeBeside } from '../files/write-beside';
import { reason } from './folder';

/** Read at a time. */
const CHUNK_BYTES = 4 * 1024 ** 2;

const knownSchema = z.object({ file: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** Of this process; also where the cache folder cannot be written. */
const known = new Map<string, string>();

/** @returns 64 hexadecimal digits */
export async function weightFileHash(path: string, signal?: AbortSignal): Promise<string> {
  const file = await facts(path);
  const found = known.get(file) ?? (await recall(path, file));
  const hash = found ?? (await readAll(path, signal));
  if (found === undefined) {
    if ((await facts(path)) !== file) throw failed('has changed while it was read', path, 'try again');
    await remember(path, { file, sha256: hash });
  }
  known.set(file, hash);
  return hash;
}

/** Equal as long as a file is what it was. A change that keeps size and time of change still moves its inode's time. */
async function facts(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch((e: unknown) => {
    throw usage(`cannot be read: ${reason(e)}`, path);
  });
  return [path, found.size, found.mtimeNs, found.ctimeNs, found.ino].join(' ');
}

async function readAll(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(CHUNK_BYTES);
  const file = await open(path, 'r').catch((e: unknown) => {
    throw usage(`cannot be read: ${reason(e)}`, path);
  });
  try {
    for (;;) {
      if (signal?.aborted) throw cancelled();
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** A small file for each large one, so that processes never write into one another's. */
function notePath(path: string): string {
  return join(ownCacheFolder(), 'hashes', `${createHash('sha256').update(path).digest('hex')}.json`);
}

async function recall(path: string, file: string): Promise<string | undefined> {
  try {
    const note = knownSchema.parse(JSON.parse(await readFile(notePath(path), 'utf8')));
    return note.file === file ? note.sha256 : undefined;
  } catch {
    return undefined;
  }
}

async function remember(path: string, note: z.infer<typeof knownSchema>): Promise<void> {
  try {
    await mkdir(join(ownCacheFolder(), 'hashes'), { recursive: true });
    writeBeside(notePath(path), [JSON.stringify(note)]);
  } catch {
    // The file is then read again by the next process.
  }
}
