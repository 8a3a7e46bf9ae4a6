import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { usage } from '../errors';
import { linkTrouble } from '../hub/links';
import { INDEX, indexSchema, noWeights, shardsOf, SINGLE } from '../hub/weight-files';
import { isFile, linkFree, readJsonFile, reason } from './folder';
import { quantizedParts, readQuantized } from './quantized/read';
import { readSafetensorsHeader, type SafetensorsHeader, type StoredTensor } from './safetensors';
import type { Dtype, MatrixRef, TensorRef } from '../spec';

const DTYPES: Readonly<Record<string, Dtype>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };

interface Entry {
  readonly file: string;
  readonly stored: StoredTensor;
}

/** All tensors of one folder by name, whichever file they lie in; a shared tensor has all its names. */
export class WeightTable {
  /** Weights given out so far, each once. */
  readonly used = new Map<string, MatrixRef>();

  private constructor(
    readonly folder: string,
    private readonly tensors: ReadonlyMap<string, Entry>,
    readonly files: readonly { readonly path: string; readonly bytes: number }[],
    /** What errors about a missing tensor name: the single file, or the index. */
    private readonly listing: string,
  ) {}

  /**
   * Reads the headers of `model.safetensors` or of all shards in `model.safetensors.index.json`.
   * @throws CrossflowError `usage` for damaged or missing files, and for folders with pickled weights only.
   */
  static async open(folder: string): Promise<WeightTable> {
    const single = join(folder, SINGLE);
    // lstat: a link that leads nowhere is an error of its own, not a missing file
    if (await lstat(single).catch(() => undefined)) {
      const header = await readSafetensorsHeader(await linkFree(single));
      const entries = [...header.tensors].map(([name, stored]) => [name, { file: header.file, stored }] as const);
      return new WeightTable(folder, withAliases(new Map(entries), [header]), [fileOf(header)], single);
    }
    const listing = join(folder, INDEX);
    const index = await readJsonFile(listing, indexSchema);
    if (index === undefined) throw await noWeightsIn(folder);
    return WeightTable.fromShards(folder, listing, index.weight_map);
  }

  private static async fromShards(folder: string, listing: string, map: Record<string, string>): Promise<WeightTable> {
    const headers = new Map<string, SafetensorsHeader>();
    for (const shard of shardsOf(map, listing)) {
      const path = join(folder, shard);
      const trouble = await linkTrouble(path);
      if (trouble) throw trouble.error;
      if (!(await isFile(path))) {
        throw usage(`shard ${shard} is missing`, path, `${INDEX} names it; download it again`);
      }
      headers.set(shard, await readSafetensorsHeader(await linkFree(path)));
    }
    const tensors = new Map<string, Entry>();
    for (const [name, shard] of Object.entries(map)) {
      const header = headers.get(shard) as SafetensorsHeader;
      const stored = header.tensors.get(name);
      if (stored === undefined) throw usage(`says that ${name} lies in ${shard}, but it does not`, listing);
      tensors.set(name, { file: header.file, stored });
    }
    const all = [...headers.values()];
    return new WeightTable(folder, withAliases(tensors, all), all.map(fileOf), listing);
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** True when both names stand for one stored tensor. */
  shared(a: string, b: string): boolean {
    const stored = this.tensors.get(a)?.stored;
    return stored !== undefined && stored === this.tensors.get(b)?.stored;
  }

  /** True when there is such a weight, as it was trained or quantised. */
  hasMatrix(name: string): boolean {
    return this.has(name) || this.has(quantizedParts(name).values);
  }

  /** The weight `[out, in]` of this name, as it was trained or quantised. @throws like `get` */
  matrix(name: string, shape: readonly [out: number, input: number]): MatrixRef {
    const parts = quantizedParts(name);
    if (this.has(name) || !this.has(parts.values)) return this.get(name, shape);
    const ref = readQuantized(name, shape, (part) => this.tensors.get(part), this.listing);
    this.used.set(name, ref);
    return ref;
  }

  names(): IterableIterator<string> {
    return this.tensors.keys();
  }

  /** Shape as stored, without marking the tensor as used. */
  shape(name: string): readonly number[] | undefined {
    return this.tensors.get(name)?.stored.shape;
  }

  /** The tensor of this name and shape. @throws CrossflowError `usage` when it is missing or different. */
  get(name: string, shape: readonly number[]): TensorRef {
    const entry = this.tensors.get(name);
    if (entry === undefined) throw usage(`tensor ${name} is missing`, this.listing);
    const { stored, file } = entry;
    if (stored.shape.length !== shape.length || stored.shape.some((n, i) => n !== shape[i])) {
      const found = `has shape [${stored.shape.join(', ')}]`;
      throw usage(`tensor ${name} ${found}, config.json asks for [${shape.join(', ')}]`, file);
    }
    const dtype = DTYPES[stored.dtype];
    if (dtype === undefined) {
      throw usage(`tensor ${name} has dtype ${stored.dtype}, which is not supported`, file, 'F32, F16 and BF16 are');
    }
    const ref = { name, file, dtype, shape, offset: stored.begin, length: stored.end - stored.begin };
    this.used.set(name, ref);
    return ref;
  }
}

function withAliases(tensors: Map<string, Entry>, headers: readonly SafetensorsHeader[]): ReadonlyMap<string, Entry> {
  for (const { aliases } of headers) {
    for (const [alias, name] of aliases) {
      const entry = tensors.get(name);
      if (entry !== undefined && !tensors.has(alias)) tensors.set(alias, entry);
    }
  }
  return tensors;
}

const fileOf = (h: SafetensorsHeader): { path: string; bytes: number } => ({ path: h.file, bytes: h.bytes });

/** Why a folder without safetensors files cannot be used. Pickles are named, never opened. */
async function noWeightsIn(folder: string): Promise<Error> {
  let names: string[];
  try {
    names = (await readdir(folder)).sort();
  } catch (e) {
    return usage(`cannot be read: ${reason(e)}`, folder);
  }
  return noWeights(names, folder);
}
