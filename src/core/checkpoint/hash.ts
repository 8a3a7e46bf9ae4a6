import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isFile, isMissing, reason } from './folder';
import { usage } from '../errors';
import { SMALL_FILES, TOKEN_MAP, TOKENIZER_FILES } from '../hub/needed';
import { weightFileHash } from './file-hash';
import type { ModelSpec } from '../spec';

/** What is read of a companion beside its weights. */
const COMPANION_FILES = ['config.json', 'preprocessor_config.json', 'processor_config.json'] as const;

/**
 * The identity of a checkpoint for run.json, journals and imports: sha256 over all bytes of its weight files and of its
 * config, processor and tokenizer files, those of companions included. Names and places of the folders and the
 * weight files do not count, so a copy has the same hash. A weight file is read once, as long as it stays as it is.
 * @returns 64 hexadecimal digits
 * @throws CrossflowError `usage` for a file that cannot be read, `cancelled` when stopped
 */
export async function checkpointHash(
  spec: ModelSpec,
  control: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  const converted = !(await isFile(join(spec.directory, 'tokenizer.json')));
  const parts = await smallFiles(spec.directory, [...SMALL_FILES, ...(converted ? TOKENIZER_FILES : []), TOKEN_MAP]);
  for (const companion of spec.companions) {
    parts.push(...(await smallFiles(companion, COMPANION_FILES)).map((line) => `tower ${line}`));
  }
  const weights: string[] = [];
  for (const { path } of spec.files) weights.push(await weightFileHash(path, control.signal));
  return sha256([...parts, ...weights.sort()].join('\n'));
}

/** A line for each that is there. */
async function smallFiles(folder: string, names: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const name of names) {
    const bytes = await readFile(join(folder, name)).catch((e: unknown) => {
      if (isMissing(e)) return undefined;
      throw usage(`cannot be read: ${reason(e)}`, join(folder, name));
    });
    if (bytes) lines.push(`${name} ${sha256(bytes)}`);
  }
  return lines;
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
