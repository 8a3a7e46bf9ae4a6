/** Checkpoints made from others: renamed, resharded, damaged. For tests of everything that reads a folder. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';

/** A tensor as stored: dtype as the format spells it (`F16`), little-endian bytes. */
export interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}
export type RawTensors = ReadonlyMap<string, RawTensor>;
export type Json = Record<string, unknown>;

/** Every tensor of a folder, from all its .safetensors files. */
export async function readTensors(folder: string): Promise<RawTensors> {
  const tensors = new Map<string, RawTensor>();
  const weights = (name: string): boolean => name.endsWith('.safetensors') && name !== 'golden.safetensors';
  for (const name of (await readdir(folder)).filter(weights).sort()) {
    const file = await readFile(path.join(folder, name));
    const start = 8 + Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.toString('utf8', 8, start)) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: [number, number] }
    >;
    for (const [key, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
      if (key === '__metadata__') continue;
      tensors.set(key, { dtype, shape, bytes: file.subarray(start + offsets[0], start + offsets[1]) });
    }
  }
  return tensors;
}

/** A whole .safetensors file. `header` overrules what stands in the header (to write damaged ones). */
export function safetensorsBytes(tensors: RawTensors, header: Json = {}): Buffer {
  let at = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]): [string, unknown] => {
    const begin = at;
    at += bytes.length;
    return [name, { dtype, shape, data_offsets: [begin, at] }];
  });
  const text = JSON.stringify({ ...Object.fromEntries(entries), ...header });
  return fileOf(
    text,
    [...tensors.values()].map((t) => t.bytes),
  );
}

/** A file of this header text and these bytes after it, with the true header length. */
export function fileOf(headerText: string, parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.from(headerText, 'utf8');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...parts]);
}

/** Writes model.safetensors, or as many shards with their index. */
export async function writeWeights(folder: string, tensors: RawTensors, shards = 1): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (shards === 1) return writeFile(path.join(folder, 'model.safetensors'), safetensorsBytes(tensors));
  const names = [...tensors.keys()];
  const each = Math.ceil(names.length / shards);
  const map: Record<string, string> = {};
  for (let i = 0; i < shards; i++) {
    const part = names.slice(i * each, (i + 1) * each);
    const number = (n: number): string => String(n).padStart(5, '0');
    const file = `model-${number(i + 1)}-of-${number(shards)}.safetensors`;
    for (const name of part) map[name] = file;
    const chosen = new Map(part.map((name) => [name, tensors.get(name)!]));
    await writeFile(path.join(folder, file), safetensorsBytes(chosen));
  }
  await writeJson(path.join(folder, 'model.safetensors.index.json'), { metadata: {}, weight_map: map });
}

export const readJson = async (file: string): Promise<Json> => JSON.parse(await readFile(file, 'utf8')) as Json;
export const writeJson = (file: string, value: unknown): Promise<void> =>
  writeFile(file, JSON.stringify(value, undefined, 2));

/** Copies all of a checkpoint but its weights (and reference values). */
export async function copySmallFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const skip = /safetensors|^golden|\.png$/;
  for (const name of await readdir(from)) {
    if (!skip.test(name)) await cp(path.join(from, name), path.join(to, name), { recursive: true });
  }
}

/** A full copy of a checkpoint, to be changed by a test. */
export async function copyCheckpoint(from: string, to: string): Promise<string> {
  await copySmallFiles(from, to);
  await writeWeights(to, await readTensors(from));
  return to;
}

/** Changes keys of a JSON file; undefined removes a key. `a.b` reaches inside. */
export async function editJson(file: string, changes: Json): Promise<void> {
  const json = await readJson(file);
  for (const [key, value] of Object.entries(changes)) {
    const names = key.split('.');
    const last = names.pop()!;
    let at = json;
    for (const name of names) at = (at[name] ??= {}) as Json;
    if (value === undefined) Reflect.deleteProperty(at, last);
    else at[last] = value;
  }
  await writeJson(file, json);
}

export type OtherLayout = 'hf-old' | 'in-memory' | 'original' | 'original+clip-folder';

/** Where the CLIP folder lies in an original checkpoint that `relayout` makes. */
export const CLIP_FOLDER = 'clip-tower';

/**
 * A copy of a checkpoint in another layout: tensors renamed, config.json rewritten as that generation writes it.
 * @param from a checkpoint as transformers 5 writes it (the golden folders, the embedded model)
 * @returns `to`
 */
export async function relayout(from: string, layout: OtherLayout, to: string, shards = 1): Promise<string> {
  await copySmallFiles(from, to);
  const tensors = await readTensors(from);
  const config = await readJson(path.join(from, 'config.json'));
  const renamed = new Map([...tensors].map(([name, t]) => [newName(name, layout), t]));
  if (layout === 'hf-old') await writeJson(path.join(to, 'config.json'), oldConfig(config));
  if (layout === 'original' || layout === 'original+clip-folder') {
    const clip = path.join(to, CLIP_FOLDER);
    await mkdir(clip, { recursive: true });
    await writeJson(path.join(to, 'config.json'), originalConfig(config));
    await writeJson(path.join(clip, 'config.json'), { model_type: 'clip', vision_config: config['vision_config'] });
    await cp(path.join(from, 'preprocessor_config.json'), path.join(clip, 'preprocessor_config.json'));
  }
  if (layout === 'original+clip-folder') {
    const inside = (name: string): boolean => name.startsWith('vision_model.');
    await writeWeights(path.join(to, CLIP_FOLDER), new Map([...renamed].filter(([name]) => inside(name))));
    await writeWeights(to, new Map([...renamed].filter(([name]) => !inside(name))), shards);
  } else {
    await writeWeights(to, renamed, shards);
  }
  return to;
}

/** Prefixes as transformers 5 writes them, and as each other layout has them. */
const PREFIXES: Readonly<Record<OtherLayout, readonly (readonly [from: string, to: string])[]>> = {
  'hf-old': [['vision_tower.', 'vision_tower.vision_model.']],
  'in-memory': [
    ['language_model.model.', 'model.language_model.'],
    ['language_model.lm_head.', 'lm_head.'],
    ['vision_tower.', 'model.vision_tower.'],
    ['multi_modal_projector.', 'model.multi_modal_projector.'],
    ['image_newline', 'model.image_newline'],
  ],
  original: [
    ['language_model.model.', 'model.'],
    ['language_model.lm_head.', 'lm_head.'],
    ['vision_tower.', 'model.vision_tower.vision_tower.vision_model.'],
    ['multi_modal_projector.linear_1.', 'model.mm_projector.0.'],
    ['multi_modal_projector.linear_2.', 'model.mm_projector.2.'],
    ['image_newline', 'model.image_newline'],
  ],
  'original+clip-folder': [
    ['language_model.model.', 'model.'],
    ['language_model.lm_head.', 'lm_head.'],
    ['vision_tower.', 'vision_model.'],
    ['multi_modal_projector.linear_1.', 'model.mm_projector.0.'],
    ['multi_modal_projector.linear_2.', 'model.mm_projector.2.'],
    ['image_newline', 'model.image_newline'],
  ],
};

function newName(name: string, layout: OtherLayout): string {
  const rule = PREFIXES[layout].find(([from]) => name.startsWith(from));
  return rule ? rule[1] + name.slice(rule[0].length) : name;
}

/** As transformers 4 wrote it: theta beside the other keys, `torch_dtype`. */
function oldConfig(config: Json): Json {
  const { dtype, image_token_id: _, ...rest } = config;
  return { ...rest, torch_dtype: dtype, text_config: oldText(config['text_config'] as Json) };
}

function oldText(text: Json): Json {
  const { rope_parameters: rope, ...rest } = text;
  return { ...rest, rope_theta: (rope as Json)['rope_theta'], rope_scaling: null };
}

/** As github.com/haotian-liu/LLaVA writes it. Its pinpoints are (width, height) pairs. */
function originalConfig(config: Json): Json {
  const vision = config['vision_config'] as Json;
  const pinpoints = config['image_grid_pinpoints'] as [number, number][] | undefined;
  return {
    ...oldText(config['text_config'] as Json),
    architectures: ['LlavaLlamaForCausalLM'],
    model_type: 'llava_llama',
    mm_hidden_size: vision['hidden_size'],
    mm_projector_type: 'mlp2x_gelu',
    mm_vision_select_feature: 'patch',
    mm_vision_select_layer: config['vision_feature_layer'],
    mm_vision_tower: CLIP_FOLDER,
    mm_use_im_start_end: false,
    mm_use_im_patch_token: false,
    image_aspect_ratio: pinpoints ? 'anyres' : 'pad',
    ...(pinpoints
      ? {
          mm_patch_merge_type: 'spatial_unpad',
          image_grid_pinpoints: JSON.stringify(pinpoints.map(([h, w]) => [w, h])),
        }
      : { image_grid_pinpoints: null }),
  };
}
