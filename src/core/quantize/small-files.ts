/** What a checkpoint has beside its weights. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isFile } from '../checkpoint/folder';
import type { Marker } from '../checkpoint/quantized/marker';

/** Small files that belong to a checkpoint: configs, tokenizer, templates, licences. */
const SMALL = /\.(json|jinja|model|txt|md)$|^licen[cs]e/i;
const NOT_COPIED = /^(config\.json|.*\.index\.json|crossflow-import.*|quantization-report\.json)$/;

export async function copySmallFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    if (!SMALL.test(name) || NOT_COPIED.test(name) || !(await isFile(join(from, name)))) continue;
    await copyFile(join(from, name), join(to, name));
  }
}

/** config.json as it was, with the mark of the import. */
export async function writeConfig(from: string, to: string, quantization: Marker): Promise<void> {
  const config = JSON.parse(await readFile(join(from, 'config.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(
    join(to, 'config.json'),
    JSON.stringify({ ...config, crossflow: { quantization } }, undefined, 2) + '\n',
  );
}

/** The last name of a folder; of a snapshot in the Hugging Face cache, the repository's. */
export function nameOf(folder: string): string {
  const parts = resolve(folder).split(/[\\/]/);
  const repository = parts.findLast((p) => p.startsWith('models--'));
  if (repository !== undefined) return repository.slice('models--'.length).replace('--', '/');
  return parts.at(-1) ?? '';
}
