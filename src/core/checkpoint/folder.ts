import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type z } from 'zod';
import { usage } from '../errors';

/** Largest JSON file that is read as a whole. The largest tokenizer.json of a supported model has 17 MB. */
const JSON_LIMIT = 256 * 1024 * 1024;

type Errno = NodeJS.ErrnoException;
export const isMissing = (e: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((e as Errno | undefined)?.code ?? '');

/** Why a file could not be read, in words. */
export const reason = (e: unknown): string => {
  const code = (e as Errno | undefined)?.code;
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code === 'EISDIR') return 'it is a folder, not a file';
  if (code === 'ELOOP') return 'its links lead in a circle';
  return e instanceof Error ? e.message : String(e);
};

/** The file's text, or undefined when there is no such file. A byte order mark is dropped. */
export async function readTextFile(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > JSON_LIMIT) throw usage(`${size} bytes are too many for this kind of file`, file);
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (e) {
    if (isMissing(e)) return undefined;
    if (e instanceof Error && 'code' in e) throw usage(`cannot be read: ${reason(e)}`, file);
    throw e;
  }
}

/** A file's JSON parsed by a schema, or undefined when there is no such file. */
export async function readJsonFile<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readTextFile(file);
  return text === undefined ? undefined : parseJson(text, schema, file);
}

/** Parses JSON text; errors name the file and the key. */
export function parseJson<T>(text: string, schema: z.ZodType<T>, file: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (e) {
    throw usage(`is not valid JSON: ${reason(e)}`, file);
  }
  return parseValue(value, schema, file);
}

/** Checks a value that comes from a file against a schema. */
export function parseValue<T>(value: unknown, schema: z.ZodType<T>, file: string, prefix = ''): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = [prefix, ...(issue?.path ?? []).map(String)].filter((x) => x !== '').join('.');
  throw usage(`${path === '' ? 'content' : path}: ${issue?.message ?? 'invalid'}`, file);
}

/** True when there is a folder of that name (links followed). */
export const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
/** True when there is a file of that name (links followed). */
export const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  );

/**
 * The snapshot inside a repository folder of the Hugging Face cache (`models--owner--name`): the one `refs/main`
 * names, or the only one. Undefined when the folder is not such a folder.
 */
export async function cacheSnapshot(repository: string): Promise<string | undefined> {
  const snapshots = join(repository, 'snapshots');
  if (!(await isFolder(snapshots))) return undefined;
  const main = (await readTextFile(join(repository, 'refs', 'main')))?.trim();
  if (main !== undefined && /^[\w.-]+$/.test(main) && (await isFolder(join(snapshots, main)))) {
    return join(snapshots, main);
  }
  const names = await readdir(snapshots);
  return names.length === 1 ? join(snapshots, names[0]) : undefined;
}

/** Hugging Face cache folders that may hold downloaded repositories, most specific first. */
function cacheRoots(near: string): string[] {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HOME, USERPROFILE } = process.env;
  const home = HOME ?? USERPROFILE ?? '';
  const roots = [HF_HUB_CACHE, HF_HOME && join(HF_HOME, 'hub')];
  roots.push(join(XDG_CACHE_HOME ?? join(home, '.cache'), 'huggingface', 'hub'));
  // a checkpoint that itself lies in a cache: <root>/models--x--y/snapshots/<revision>
  if (basename(dirname(near)) === 'snapshots') roots.unshift(dirname(dirname(dirname(near))));
  return roots.filter((x): x is string => typeof x === 'string' && x !== '');
}

/**
 * Where a model named in a config lies on this disk: an absolute folder, a folder relative to the checkpoint, one
 * beside it (by full or last name), or a snapshot in the Hugging Face cache. Nothing is downloaded.
 */
export async function findLocalModel(name: string, checkpoint: string): Promise<string | undefined> {
  const beside = dirname(checkpoint);
  const last = basename(name);
  const candidates = [resolve(checkpoint, name), join(checkpoint, last), resolve(beside, name), join(beside, last)];
  for (const folder of candidates) {
    if (folder !== resolve(checkpoint) && (await isFile(join(folder, 'config.json')))) return folder;
  }
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) return undefined;
  for (const root of cacheRoots(checkpoint)) {
    const snapshot = await cacheSnapshot(join(root, 'models--' + name.replace('/', '--')));
    if (snapshot !== undefined && (await isFile(join(snapshot, 'config.json')))) return snapshot;
  }
  return undefined;
}

/** Absolute path of the folder that holds config.json: the folder itself, or the snapshot of a cache folder. */
export async function checkpointFolder(directory: string): Promise<string> {
  const folder = resolve(directory);
  if (!(await isFolder(folder))) {
    if (await isFile(folder)) throw usage('is a file, not a checkpoint folder', folder, 'name the folder it lies in');
    throw usage('there is no such checkpoint folder', folder);
  }
  if (await isFile(join(folder, 'config.json'))) return folder;
  return (await cacheSnapshot(folder)) ?? folder;
}

/** Absolute path with links resolved, or an error that says what the link lacks. */
export async function linkFree(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (e) {
    throw usage(isMissing(e) ? 'is missing, or a link to a file that is missing' : reason(e), file);
  }
}
