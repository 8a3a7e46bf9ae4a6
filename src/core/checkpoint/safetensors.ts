import { isUtf8 } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import { visit, type JSONVisitor } from 'jsonc-parser';
import { z } from 'zod';
import { usage } from '../errors';
import { parseValue, reason } from './folder';

/**
 * Longest header that is read: the limit of the reference implementation
 * (github.com/huggingface/safetensors, MAX_HEADER_SIZE).
 */
const MAX_HEADER_BYTES = 100_000_000;

/** Bits of one element, for each dtype the format knows. */
const DTYPE_BITS: Readonly<Record<string, number>> = {
  BOOL: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8, I16: 16, U16: 16, F16: 16, BF16: 16, I32: 32, U32: 32, F32: 32, F64: 64, I64: 64, U64: 64, C64: 64,
}; // prettier-ignore

/** One entry of a header. `begin` and `end` count from the start of the file. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly file: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** The header's JSON as it stands in the file. */
  readonly text: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Other names of tensors in this file, each with the name it is stored under. */
  readonly aliases: ReadonlyMap<string, string>;
}

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({ dtype: z.string(), shape: z.array(size).max(64), data_offsets: z.tuple([size, size]) });

/**
 * Reads and checks the header of one .safetensors file; no tensor is read.
 * @throws CrossflowError `usage` naming the file and, where one is to blame, the tensor.
 */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (e) {
    throw usage(`cannot be read: ${reason(e)}`, file);
  }
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw usage('is not a file', file);
    const text = await headerText(handle, info.size, file);
    return { file, bytes: info.size, text, ...parseHeader(text, info.size, file) };
  } finally {
    await handle.close();
  }
}

async function headerText(handle: FileHandle, bytes: number, file: string): Promise<string> {
  if (bytes < 8) throw usage(`is no safetensors file: it has only ${bytes} bytes`, file);
  const start = Buffer.alloc(8);
  await handle.read(start, 0, 8, 0);
  const length = start.readBigUInt64LE();
  if (start.toString('latin1', 0, 7) === 'version') {
    throw usage('is a Git LFS pointer, not the weights', file, 'run `git lfs pull` in the checkpoint folder');
  }
  if (length > BigInt(bytes - 8)) {
    const why = 'the file is cut off, or no safetensors file';
    throw usage(`header says it is ${length} bytes long, but only ${bytes - 8} follow: ${why}`, file);
  }
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw usage(`header says it is ${length} bytes long; more than ${MAX_HEADER_BYTES} are not read`, file);
  }
  const buffer = Buffer.alloc(Number(length));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 8);
  if (bytesRead !== buffer.length) throw usage('header ends early: the file is cut off', file);
  // where bytes were replaced, offsets counted from the text would be wrong
  if (!isUtf8(buffer)) throw usage('header is not UTF-8: the file is damaged, or no safetensors file', file);
  return buffer.toString('utf8');
}

/** Parses a header's JSON and checks every entry against the others and the size of the file. Exported for tests. */
export function parseHeader(text: string, bytes: number, file: string): Pick<SafetensorsHeader, 'tensors' | 'aliases'> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw usage('header is not valid JSON: the file is damaged, or no safetensors file', file);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw usage('header is not an object', file);
  refuseDuplicates(text, file);
  const base = 8 + Buffer.byteLength(text);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') continue;
    const entry = parseValue(value, entrySchema, file, `tensor ${name}`);
    const [begin, end] = entry.data_offsets;
    checkEntry(name, entry.dtype, entry.shape, begin, end, bytes - base, file);
    tensors.set(name, { dtype: entry.dtype, shape: entry.shape, begin: base + begin, end: base + end });
  }
  checkCoverage(tensors, base, bytes, file);
  return { tensors, aliases: aliasesIn((json as Record<string, unknown>)['__metadata__'], tensors) };
}

/**
 * Where two names share a tensor the format stores it once. safetensors' `save_model` notes the name it left out in the
 * metadata, with the name that it kept. Other metadata, `format: pt` for example, names no tensor.
 */
function aliasesIn(metadata: unknown, tensors: ReadonlyMap<string, StoredTensor>): ReadonlyMap<string, string> {
  const entries = typeof metadata === 'object' && metadata !== null ? Object.entries(metadata) : [];
  return new Map(
    entries.filter((e): e is [string, string] => typeof e[1] === 'string' && tensors.has(e[1]) && !tensors.has(e[0])),
  );
}

function checkEntry(
  name: string,
  dtype: string,
  shape: readonly number[],
  begin: number,
  end: number,
  available: number,
  file: string,
): void {
  if (end < begin) throw usage(`tensor ${name} ends (${end}) before it begins (${begin})`, file);
  if (end > available) {
    const have = `only ${available} bytes of tensors`;
    throw usage(`tensor ${name} reaches to byte ${end}, but the file has ${have}: it is cut off`, file);
  }
  const bits = DTYPE_BITS[dtype];
  if (bits === undefined) throw usage(`tensor ${name} has the unknown dtype "${dtype}"`, file);
  const expected = (shape.reduce((a, b) => a * b, 1) * bits) / 8;
  if (expected !== end - begin) {
    const what = `[${shape.join(', ')}] of ${dtype} needs ${expected} bytes`;
    throw usage(`tensor ${name} has ${end - begin} bytes, but ${what}`, file);
  }
}

/** The format asks that tensors fill the file without holes or overlaps. */
function checkCoverage(tensors: ReadonlyMap<string, StoredTensor>, base: number, bytes: number, file: string): void {
  const sorted = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = base;
  let before = 'the header';
  for (const [name, { begin, end }] of sorted) {
    if (begin < at) throw usage(`tensors ${before} and ${name} overlap`, file);
    if (begin > at) throw usage(`${begin - at} bytes between ${before} and tensor ${name} belong to no tensor`, file);
    at = end;
    before = name;
  }
  if (at !== bytes) throw usage(`${bytes - at} bytes after the last tensor belong to no tensor`, file);
}

/** JSON.parse keeps the last of several equal keys; which one was meant nobody knows. */
function refuseDuplicates(text: string, file: string): void {
  const seen = new Set<string>();
  let depth = 0;
  const visitor: JSONVisitor = {
    onObjectBegin: () => {
      depth++;
    },
    onObjectEnd: () => {
      depth--;
    },
    onObjectProperty: (name) => {
      if (depth !== 1) return;
      if (seen.has(name)) throw usage(`tensor ${name} stands in the header twice`, file);
      seen.add(name);
    },
  };
  try {
    visit(text, visitor);
  } catch (e) {
    // the visitor calls itself for every level
    if (e instanceof RangeError) throw usage('header is nested too deeply', file);
    throw e;
  }
}
