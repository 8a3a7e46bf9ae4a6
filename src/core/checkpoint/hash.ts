import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isFile, readTextFile } from './folder';
import { readExactly } from './read';
import { readSafetensorsHeader } from './safetensors';
import type { ModelSpec } from './spec';

/** So many pieces of so many bytes of each weight file go into the hash, spread evenly over it. */
const SAMPLES = 64;
const SAMPLE_BYTES = 4096;

/** Small files that change what a model computes. */
const SMALL_FILES = [
  'config.json', 'generation_config.json', 'preprocessor_config.json', 'processor_config.json', 'tokenizer.json',
  'tokenizer_config.json', 'chat_template.jinja', 'chat_template.json',
] as const; // prettier-ignore
/** What the tokenizer is made of where there is no tokenizer.json. */
const TOKENIZER_FILES = ['tokenizer.model', 'added_tokens.json', 'special_tokens_map.json'] as const;

/**
 * A cheap, stable identity of a checkpoint for run.json: sha256 over the config, processor and tokenizer files as they
 * are, and for each weight file its size, its header and 64 pieces of 4 KB spread evenly over it. Names and places of
 * the folder and the weight files do not count, so a copy has the same hash; a change of a few single weights between
 * the pieces goes unseen.
 * @returns 64 hexadecimal digits
 */
export async function checkpointHash(spec: ModelSpec): Promise<string> {
  const parts: string[] = [];
  const converted = !(await isFile(join(spec.directory, 'tokenizer.json')));
  for (const name of [...SMALL_FILES, ...(converted ? TOKENIZER_FILES : [])]) {
    const text = await readTextFile(join(spec.directory, name));
    if (text !== undefined) parts.push(`${name} ${sha256(text)}`);
  }
  const weights = await Promise.all(spec.files.map((f) => fileHash(f.path)));
  return sha256([...parts, ...weights.sort()].join('\n'));
}

async function fileHash(path: string): Promise<string> {
  const { bytes, text } = await readSafetensorsHeader(path);
  const hash = createHash('sha256').update(`${bytes}\n${text}\n`);
  const piece = new Uint8Array(Math.min(SAMPLE_BYTES, bytes));
  for (let i = 0; i < SAMPLES; i++) {
    await readExactly(path, piece, Math.round(((bytes - piece.length) * i) / (SAMPLES - 1)));
    hash.update(piece);
  }
  return hash.digest('hex');
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
