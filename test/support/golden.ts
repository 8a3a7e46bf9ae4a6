/** Reference values of the published Python stack, as test/golden/README.md describes them. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReferenceCase } from './compare';

/** The repository's top level. */
export const repositoryRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export const GOLDEN_FOLDERS = [
  'bundled',
  'llava-1.5',
  'llava-1.5-pad',
  'llava-next-vicuna',
  'llava-next-llama3',
] as const;
export type GoldenFolder = (typeof GOLDEN_FOLDERS)[number];

/** One case of golden.json, keys as golden.py writes them. */
export interface GoldenCase extends ReferenceCase {
  readonly name: string;
  readonly template: string;
  readonly aspect: 'processor' | 'pad' | 'anyres';
  /** The image token once. */
  readonly input_ids: readonly number[];
  /** True option, false option. */
  readonly options?: readonly [string, string];
  /** [height, width] per image; LLaVA-NeXT only. */
  readonly image_sizes?: readonly (readonly [number, number])[];
  /** Bundled cases only. */
  readonly task?: string;
  readonly question_id?: string;
  readonly gold?: string;
}

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Golden {
  readonly folder: GoldenFolder;
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly GoldenCase[];
  /** Absolute path of the checkpoint. */
  readonly modelDir: string;
  /** Absolute path of the folder that holds the cases' images. */
  readonly imagesDir: string;
  /** A tensor of golden.safetensors, e.g. `case0.pixel_values`; throws when there is none of that name. */
  tensor(name: string): GoldenTensor;
}

/** Reads one folder of test/golden. Tensors are read when asked for. */
export function loadGolden(folder: GoldenFolder): Golden {
  const { cases, ...rest } = readGolden(folder);
  return { ...rest, folder, cases: cases as GoldenCase[] };
}

/** The same for a folder whose cases have other keys. @param folder within test/golden */
export function readGolden(folder: string): Omit<Golden, 'folder' | 'cases'> & { readonly cases: readonly unknown[] } {
  const directory = path.join(repositoryRoot, 'test/golden', folder);
  const json = JSON.parse(readFileSync(path.join(directory, 'golden.json'), 'utf8')) as {
    versions: Record<string, string>;
    cases: unknown[];
    model?: string;
    images?: string;
  };
  let tensors: ReturnType<typeof readSafetensors> | undefined;
  return {
    versions: json.versions,
    cases: json.cases,
    modelDir: path.resolve(directory, json.model ?? '.'),
    imagesDir: path.resolve(directory, json.images ?? '.'),
    tensor(name) {
      tensors ??= readSafetensors(path.join(directory, 'golden.safetensors'));
      return tensors(name);
    },
  };
}

/** Just enough of the format for f32 reference files that we wrote ourselves. */
function readSafetensors(file: string): (name: string) => GoldenTensor {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] } | undefined
  >;
  return (name) => {
    const entry = header[name];
    if (!entry) throw new Error(`${file} has no tensor ${name}`);
    if (entry.dtype !== 'F32') throw new Error(`${file}: ${name} is ${entry.dtype}, expected F32`);
    const [from, to] = entry.data_offsets;
    // A copy: Float32Array needs an aligned start.
    const data = new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer);
    return { shape: entry.shape, data };
  };
}
