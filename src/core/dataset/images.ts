/** Where the pictures of a task file are: in the given folders, or anywhere below them. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { usage } from '../errors';

/** A home folder was given by mistake rather than one of pictures: GQA has 150,000. */
const MOST_ENTRIES = 2_000_000;

export interface FoundImage {
  /** Absolute path. */
  readonly image: string;
  readonly imageBytes: number;
}

/** In the order of preference; `.jpg` first, as the published scripts complete an id. */
const IMAGE_TYPES = ['.jpg', '.jpeg', '.png', '.webp'];

/** `img_id` itself where it names a type, then with each type; never a path that leaves the folder. */
export function imageNames(id: string): string[] {
  if (isAbsolute(id) || relative('.', id).startsWith('..')) return [];
  const type = extname(id);
  const typed = IMAGE_TYPES.includes(type.toLowerCase());
  const stem = typed ? id.slice(0, -type.length) : id;
  return [...new Set([...(typed ? [id] : []), ...IMAGE_TYPES.map((other) => stem + other)])];
}

/**
 * Finds pictures by `img_id`. A picture right in one of the folders is found without reading any folder; only where one
 * is not, everything below the folders is listed, once, and compared without regard to upper and lower case.
 */
export class ImageFinder {
  private readonly folders: readonly string[];
  private listed: Promise<ReadonlyMap<string, readonly string[]>> | undefined;

  constructor(folders: string | readonly string[]) {
    this.folders = [folders].flat().map((folder) => resolve(folder));
  }

  /** Throws CrossflowError `usage` where two different pictures below the folders have the name. */
  async find(id: string): Promise<FoundImage | undefined> {
    const names = imageNames(id);
    for (const name of names) {
      for (const folder of this.folders) {
        const found = await look(join(folder, name));
        if (found) return found;
      }
    }
    this.listed ??= list(this.folders);
    const files = await this.listed;
    for (const name of names) {
      const [first, ...others] = await present(files.get(basename(name).toLowerCase()) ?? []);
      if (!first) continue;
      const other = others.find((file) => file.imageBytes !== first.imageBytes);
      if (!other) return first;
      throw usage(`two pictures are called ${basename(name)}`, first.image, `the other is ${other.image}`);
    }
    return undefined;
  }
}

async function look(path: string): Promise<FoundImage | undefined> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? { image: path, imageBytes: info.size } : undefined;
}

const present = async (paths: readonly string[]): Promise<FoundImage[]> =>
  (await Promise.all(paths.map(look))).filter((found) => found !== undefined);

/** Picture files below the folders by name in lower case; each folder once, whatever links lead to it. */
async function list(folders: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = new Map<string, string[]>();
  const seen = new Set<string>();
  let entriesSeen = 0;
  const visit = async (folder: string): Promise<void> => {
    const real = await realpath(folder).catch(() => folder);
    if (seen.has(real)) return;
    seen.add(real);
    const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
    entriesSeen += entries.length;
    if (entriesSeen > MOST_ENTRIES) {
      throw usage(`has more than ${MOST_ENTRIES} files below it`, folders[0], "name the pictures' own folders");
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const name = entry.name.toLowerCase();
      if (IMAGE_TYPES.includes(extname(name))) files.set(name, [...(files.get(name) ?? []), path]);
      else if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(path)))) await visit(path);
    }
  };
  for (const folder of folders) await visit(folder);
  return files;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
