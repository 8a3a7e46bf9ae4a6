import { open, type FileHandle } from 'node:fs/promises';

/**
 * Opens a file to read and write at given places, and makes it where there is none. Not for appending: what is opened so
 * cannot be cut on Windows (nodejs/node#3177).
 */
export async function openInPlace(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOENT') throw e;
    return open(path, 'w+');
  }
}
