import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type z } from 'zod';
import { CrossflowError, usage } from '../errors';
import { ADAPTER_CONFIG, adapterRefusal } from '../hub/adapter';
import { cacheSnapshot } from '../hub/cache';
import { isFile, isFolder } from '../hub/disk';
import { linkTrouble } from '../hub/links';

export { isFile, isFolder } from '../hub/disk';

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
    const trouble = await linkTrouble(file);
    if (trouble) throw trouble.error;
    if (size > JSON_LIMIT) throw usage(`${size} bytes are too many for this kind of file`, file);
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (e) {
    const trouble = e instanceof CrossflowError ? undefined : await linkTrouble(file);
    if (trouble) throw trouble.error;
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

/** Absolute path of the folder that holds config.json: the folder itself, or the snapshot of a cache folder. */
export async function checkpointFolder(directory: string): Promise<string> {
  const folder = resolve(directory);
  if (!(await isFolder(folder))) {
    if (await isFile(folder)) throw usage('is a file, not a checkpoint folder', folder, 'name the folder it lies in');
    throw usage('there is no such checkpoint folder', folder);
  }
  if (await isFile(join(folder, 'config.json'))) return folder;
  const trouble = await linkTrouble(join(folder, 'config.json'));
  if (trouble) throw trouble.error;
  return (await cacheSnapshot(folder)) ?? folder;
}

/** @throws CrossflowError `usage` for an adapter, naming the model that it belongs to and how to merge it */
export async function refuseAdapter(folder: string): Promise<void> {
  const config = await readTextFile(join(folder, ADAPTER_CONFIG));
  if (config === undefined) return;
  throw adapterRefusal(config, await readdir(folder).catch(() => []), folder);
}

/** Absolute path with links resolved, or an error that says what the link lacks. */
export async function linkFree(file: string): Promise<string> {
  const trouble = await linkTrouble(file);
  if (trouble) throw trouble.error;
  try {
    return await realpath(file);
  } catch (e) {
    throw usage(isMissing(e) ? 'is missing, or a link to a file that is missing' : reason(e), file);
  }
}
