/** What a repository holds at one commit. */
import type { ListFileEntry } from '@huggingface/hub';
import { z } from 'zod';
import { CrossflowError, failed } from '../errors';
import type { HubClient } from './client';
import { isCommit } from './id';
import { createHash, type Hash } from 'node:crypto';

/** How a file's content is known: the sha256 of LFS, or git's own sha1 of the blob. Its digits name it in the cache. */
export interface Checksum {
  readonly kind: 'sha256' | 'git';
  readonly digits: string;
}

export interface HubFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly checksum: Checksum;
}

export interface Listing {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  /** Files of the top folder; Crossflow needs none of those below. */
  readonly files: readonly HubFile[];
}

const size = z.int().nonnegative();
const entrySchema = z.looseObject({
  type: z.string(),
  path: z.string(),
  size,
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.looseObject({ oid: z.string().regex(/^[0-9a-f]{64}$/), size }).nullish(),
});
const commitSchema = z.string().refine(isCommit);

/** More files than any checkpoint has; a list without end must not fill the memory. */
const MOST_FILES = 20_000;

/** @throws CrossflowError for an unknown or closed model, an unknown revision, a hub that cannot be reached */
export async function listRepository(client: HubClient): Promise<Listing> {
  const { environment, id, fetch } = client;
  // Loaded late: most runs never talk to the hub.
  const hub = await import('@huggingface/hub');
  // The client adds the token, so that one of any form can be used and only the hub itself sees it.
  const at = { hubUrl: environment.endpoint, fetch };
  try {
    const revision = id.revision ?? 'main';
    const info = await hub.modelInfo({ name: id.name, revision, additionalFields: ['sha'], ...at });
    const commit = commitSchema.parse(info.sha);
    const files: HubFile[] = [];
    let seen = 0;
    for await (const entry of hub.listFiles({ repo: id.name, revision: commit, ...at })) {
      if (++seen > MOST_FILES) throw failed(`${id.name} has more than ${MOST_FILES} files`, environment.endpoint);
      if (entry.type === 'file') files.push(readEntry(entry, client));
    }
    return { commit, files };
  } catch (e) {
    if (e instanceof CrossflowError) throw e;
    throw failed(
      `${environment.endpoint} does not answer as a hub does`,
      undefined,
      `HF_ENDPOINT is right? ${reason(e)}`,
    );
  }
}

function readEntry(entry: ListFileEntry, client: HubClient): HubFile {
  const { path, size, oid, lfs } = entrySchema.parse(entry);
  // Of the top folder there are only plain names; anything else wants to be written somewhere else.
  if (/[\\/:\0]/.test(path) || path === '..' || path === '.' || path === '') {
    throw failed(
      `${client.id.name} lists a file outside its folder: ${JSON.stringify(path)}`,
      client.environment.endpoint,
    );
  }
  return lfs
    ? { name: path, size: lfs.size, checksum: { kind: 'sha256', digits: lfs.oid } }
    : { name: path, size, checksum: { kind: 'git', digits: oid } };
}

const reason = (e: unknown): string =>
  e instanceof z.ZodError ? (e.issues[0]?.message ?? 'invalid') : e instanceof Error ? e.message : String(e);

/** To be fed with the file's bytes. Git hashes a blob after the words `blob SIZE` and a zero byte. */
export function hashOf({ size, checksum }: HubFile): Hash {
  return checksum.kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
}
