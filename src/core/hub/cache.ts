/**
 * The cache that all Hugging Face tools share:
 *
 *     models--owner--name/blobs/<etag>                one file's content
 *                         snapshots/<commit>/<name>   a link to it
 *                         refs/<revision>             the commit a branch or tag stood at
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFolder } from './disk';
import { isCommit } from './id';

export const repositoryFolder = (cache: string, name: string): string =>
  join(cache, 'models--' + name.replace('/', '--'));

/**
 * The snapshot of a revision inside a repository folder: the one `refs` names. Without a revision `main` is meant, or
 * the only snapshot there is. Undefined when there is none; the snapshot may still lack files.
 */
export async function cacheSnapshot(repository: string, revision?: string): Promise<string | undefined> {
  const snapshots = join(repository, 'snapshots');
  if (!(await isFolder(snapshots))) return undefined;
  const commit = await commitOf(repository, revision ?? 'main');
  if (commit !== undefined && (await isFolder(join(snapshots, commit)))) return join(snapshots, commit);
  if (revision !== undefined) return undefined;
  const names = await readdir(snapshots);
  return names.length === 1 ? join(snapshots, names[0]) : undefined;
}

async function commitOf(repository: string, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const text = await readFile(join(repository, 'refs', ...revision.split('/')), 'utf8').catch(() => undefined);
  const commit = text?.trim();
  return commit !== undefined && /^\w[\w.-]*$/.test(commit) ? commit : undefined;
}
