import { createHash, type Hash } from 'node:crypto';
import type { HubFile } from './listing';

/** To be fed with the file's bytes. Git hashes a blob after the words `blob SIZE` and a zero byte. */
export function hashOf({ size, checksum }: HubFile): Hash {
  return checksum.kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}
