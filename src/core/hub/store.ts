/** One repository in the cache: where its files lie, and how they get there. */
import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { besidePath } from '../files/beside';
import { repositoryFolder } from './cache';
import { fileSize } from './disk';
import { isCommit } from './id';
import type { HubFile } from './listing';

/**
 * Not huggingface_hub's own `.incomplete`: its older releases continue such a file unverified, and two programs at work
 * on one could leave it damaged.
 */
const PARTIAL = '.crossflow.incomplete';

export class Store {
  readonly folder: string;

  constructor(
    readonly cache: string,
    readonly name: string,
  ) {
    this.folder = repositoryFolder(cache, name);
  }

  readonly blob = (file: HubFile): string => join(this.folder, 'blobs', file.checksum.digits);
  readonly partial = (file: HubFile): string => this.blob(file) + PARTIAL;
  readonly snapshot = (commit: string): string => join(this.folder, 'snapshots', commit);

  /** True when the whole content is here, from whichever commit. */
  async has(file: HubFile, commit: string): Promise<boolean> {
    if ((await fileSize(this.blob(file))) === file.size) return true;
    // Where links cannot be made the file itself lies in the snapshot.
    return (await fileSize(join(this.snapshot(commit), file.name))) === file.size;
  }

  /** Bytes of an earlier download that broke off. */
  async arrived(file: HubFile): Promise<number> {
    return Math.min((await fileSize(this.partial(file))) ?? 0, file.size);
  }

  /** Makes the content that is here part of a snapshot. */
  async link(file: HubFile, commit: string): Promise<void> {
    const blob = this.blob(file);
    const place = join(this.snapshot(commit), file.name);
    const target = relative(dirname(place), blob);
    if ((await readlink(place).catch(() => undefined)) === target) return;
    if ((await fileSize(blob)) === undefined) return;
    await mkdir(dirname(place), { recursive: true });
    const beside = besidePath(place);
    await rm(beside, { force: true });
    try {
      await symlink(target, beside);
    } catch (e) {
      // Windows without the right to make links: the file itself moves there, as huggingface_hub does it.
      if ((e as NodeJS.ErrnoException).code !== 'EPERM') throw e;
      return rename(blob, place);
    }
    await rename(beside, place);
  }

  /** Notes which commit a branch or tag stands at. */
  async refer(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    const place = join(this.folder, 'refs', ...revision.split('/'));
    await mkdir(dirname(place), { recursive: true });
    const beside = besidePath(place);
    await writeFile(beside, commit);
    await rename(beside, place);
  }
}
