/**
 * A Hugging Face cache keeps each file once in `blobs` and links to it from its snapshots. On a file server such a link
 * may lead to a place that this machine does not have, be refused, or arrive as a small text file.
 */
import { lstat, open, readlink, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { usage, type CrossflowError } from '../errors';

/** Longest text that stands in for a link: Samba's and macOS's files have 1,067 bytes. */
const STAND_IN_BYTES = 2048;
/** Minshall and French's, Cygwin's and Interix's, and the bare path of the cache's own links. */
const STAND_IN = /^(XSym\n|!<symlink>|IntxLNK|(\.\.[\\/])+blobs[\\/][0-9a-f]{40,64}\s*$)/;

const HINT =
  'a Hugging Face cache needs links that can be followed: set HF_HUB_CACHE to a folder on a disk of this machine, or ' +
  'copy the snapshot with its links resolved ("cp -rL SNAPSHOT FOLDER") and name that folder';

export interface LinkTrouble {
  readonly error: CrossflowError;
  /** The cache's own link to a blob that is not there: fetching the file again mends it. */
  readonly fetchable: boolean;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file on this machine',
  ENOTDIR: 'there is no such file on this machine',
  ELOOP: 'the links lead in a circle',
  EACCES: 'no permission to follow it',
  EPERM: 'no permission to follow it',
};

/** Why a path that is a link, or stands in for one, cannot be read; undefined for everything else. */
export async function linkTrouble(path: string): Promise<LinkTrouble | undefined> {
  const entry = await lstat(path).catch(() => undefined);
  if (entry?.isSymbolicLink()) {
    const target = await readlink(path).catch(() => undefined);
    try {
      await stat(path);
      return undefined;
    } catch (e) {
      const { code = '', message } = e as NodeJS.ErrnoException;
      const to = target === undefined ? '' : ` to ${target}`;
      const error = usage(`is a link${to} that cannot be followed: ${WORDS[code] ?? message}`, path, HINT);
      return { error, fetchable: code === 'ENOENT' && target !== undefined && !isAbsolute(target) };
    }
  }
  if (!entry?.isFile() || entry.size > STAND_IN_BYTES || !STAND_IN.test(await beginning(path))) return undefined;
  const error = usage('is a link that the file server hands out as a text file', path, HINT);
  return { error, fetchable: false };
}

async function beginning(path: string): Promise<string> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const buffer = Buffer.alloc(STAND_IN_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
