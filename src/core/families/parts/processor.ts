/** preprocessor_config.json and processor_config.json: what happens to pixels, and to sizes where CLIP's rules hold. */
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../../checkpoint/folder';
import { usage } from '../../errors';
import type { PixelSpec, Resample } from '../../spec';
import { pinpointsSchema, type CanvasProcessor, type Pinpoints } from './canvas';
import { count } from './config';

const LONGEST_SIDE = 65536;
const side = z.number().int().positive().max(LONGEST_SIDE);
/** A side of an image, or in some processors the number of its pixels. */
const edge = count;
const sizeSchema = z.union([
  side,
  z.array(side).length(2),
  z.looseObject({
    shortest_edge: edge.nullish(),
    longest_edge: edge.nullish(),
    height: side.nullish(),
    width: side.nullish(),
  }),
]);
type Size = z.infer<typeof sizeSchema>;
const channels = z.union([z.number(), z.tuple([z.number(), z.number(), z.number()])]);

const processorSchema = z.looseObject({
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
  do_resize: z.boolean().nullish(),
  size: sizeSchema.nullish(),
  resample: z.union([z.number().int(), z.string()]).nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: sizeSchema.nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().positive().nullish(),
  do_normalize: z.boolean().nullish(),
  image_mean: channels.nullish(),
  image_std: channels.nullish(),
  do_pad: z.boolean().nullish(),
  do_image_splitting: z.boolean().nullish(),
  max_image_size: sizeSchema.nullish(),
  image_grid_pinpoints: pinpointsSchema.nullish(),
  min_pixels: count.nullish(),
  max_pixels: count.nullish(),
  patch_size: side.nullish(),
  temporal_patch_size: side.nullish(),
  merge_size: side.nullish(),
});
export type RawProcessor = z.infer<typeof processorSchema>;

/** OPENAI_CLIP_MEAN and OPENAI_CLIP_STD of transformers.image_utils. */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711] as const;

/** PIL.Image.Resampling by number. */
const RESAMPLES: readonly Resample[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** Image processors that do what CLIPImageProcessor does (and, LLaVA's own, can pad to a square first). */
const KNOWN = /^(CLIP|Llava|LlavaNext)(ImageProcessor|FeatureExtractor)(Fast|Pil)?$/;

/** How pixels become numbers, where a file is silent. */
type PixelDefaults = Pick<PixelSpec, 'mean' | 'std'> & { readonly resample: number };

export const CLIP_PIXELS: PixelDefaults = { mean: CLIP_MEAN, std: CLIP_STD, resample: 3 };

export interface ProcessorFile {
  readonly raw: RawProcessor;
  readonly file: string;
}

/**
 * Reads processor_config.json (image_processor inside, as transformers 5 writes it) or preprocessor_config.json of the
 * first folder that has one.
 */
export async function readProcessorFile(
  folders: readonly string[],
  check: (nested: NestedProcessor, file: string) => void = () => undefined,
): Promise<{ readonly found?: ProcessorFile; readonly imageToken?: string }> {
  let imageToken: string | undefined;
  let found: ProcessorFile | undefined;
  for (const folder of folders) {
    const nestedFile = join(folder, 'processor_config.json');
    const nested = await readJsonFile(nestedFile, nestedSchema);
    if (nested) check(nested, nestedFile);
    imageToken ??= nested?.image_token ?? undefined;
    const file = nested?.image_processor ? nestedFile : join(folder, 'preprocessor_config.json');
    const raw = nested?.image_processor ?? (await readJsonFile(file, processorSchema));
    if (raw == null) continue;
    found = { raw, file };
    break;
  }
  return { ...(found && { found }), ...(imageToken ? { imageToken } : {}) };
}

const nestedSchema = z.looseObject({
  image_token: z.string().nullish(),
  image_processor: processorSchema.nullish(),
  image_seq_len: z.number().int().nullish(),
  patch_size: side.nullish(),
  num_additional_image_tokens: z.number().int().nonnegative().nullish(),
  vision_feature_select_strategy: z.string().nullish(),
});
type NestedProcessor = z.infer<typeof nestedSchema>;

export const pixelSpec = (raw: RawProcessor, file: string, defaults: PixelDefaults): PixelSpec => ({
  resample: resampleOf(raw.resample ?? defaults.resample, file),
  ...((raw.do_rescale ?? true) ? { rescale: raw.rescale_factor ?? 1 / 255 } : {}),
  mean: triple(raw.image_mean ?? [...defaults.mean]),
  std: triple(raw.image_std ?? [...defaults.std]),
  normalize: raw.do_normalize ?? true,
});

/** @throws CrossflowError `usage` unless the file names a class of these, in any of its variants, or none */
export function checkProcessorClass({ raw, file }: ProcessorFile, known: RegExp, names: readonly string[]): void {
  const type = raw.image_processor_type ?? raw.feature_extractor_type;
  if (type == null || known.test(type)) return;
  throw usage(`image_processor_type is "${type}", which is not supported`, file, `supported: ${names.join(', ')}`);
}

export interface Processor extends CanvasProcessor {
  /** LlavaImageProcessor with `do_pad`: images are padded to a square. */
  readonly pads: boolean;
  /** The text that stands for the image in prompts, where processor_config.json says so. */
  readonly imageToken?: string;
}

/**
 * What CLIP's processors and their heirs do. Without a file the class's own defaults hold, at the tower's size.
 * @param folders the checkpoint, and for original LLaVA the CLIP folder
 */
export async function readProcessor(
  folders: readonly string[],
  tower: ProcessedTower,
  gridPinpoints?: Pinpoints,
): Promise<Processor> {
  const { imageSize } = tower;
  const { found, imageToken } = await readProcessorFile(folders, (nested, file) =>
    checkPlaceholders(nested, tower, file),
  );
  const tiled = gridPinpoints !== undefined;
  const at = found ?? { raw: { size: imageSize, crop_size: imageSize }, file: folders[0] ?? '' };
  const spec = fill(at, gridPinpoints);
  if (found) checkSize(spec, tiled, imageSize, at.file);
  const pads = !tiled && /^LlavaImageProcessor/.test(at.raw.image_processor_type ?? '') && (at.raw.do_pad ?? false);
  return { ...spec, pads, ...(imageToken === undefined ? {} : { imageToken }) };
}

/** What decides how many features the tower gives of a picture. */
export interface ProcessedTower {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly select: 'default' | 'full';
}

/**
 * LlavaProcessor writes a placeholder into the prompt for each feature that it expects; where the tower gives another
 * number, transformers raises an error.
 */
function checkPlaceholders(nested: NestedProcessor, tower: ProcessedTower, file: string): void {
  const { patch_size: patch, num_additional_image_tokens: more, vision_feature_select_strategy: strategy } = nested;
  if (strategy != null && strategy !== 'default' && strategy !== 'full') {
    const what = `vision_feature_select_strategy is ${JSON.stringify(strategy)}, which is not supported`;
    throw usage(what, file, 'supported: default, full');
  }
  if (patch == null && more == null && strategy == null) return;
  const grid = (patchSize: number): number => Math.floor(tower.imageSize / patchSize) ** 2;
  // versions that knew no num_additional_image_tokens counted the class token
  const expected = grid(patch ?? tower.patchSize) + (more ?? 1) - (strategy === 'default' ? 1 : 0);
  const given = grid(tower.patchSize) + (tower.select === 'full' ? 1 : 0);
  if (expected === given) return;
  const settings = Object.entries({
    patch_size: patch,
    num_additional_image_tokens: more,
    vision_feature_select_strategy: strategy,
  }).flatMap(([key, value]) => (value == null ? [] : [`${key} ${JSON.stringify(value)}`]));
  const right = `patch_size ${tower.patchSize}, num_additional_image_tokens 1, vision_feature_select_strategy "${tower.select}"`;
  throw usage(
    `${settings.join(', ')} make ${expected} placeholders of an image, but the vision tower gives ${given} features`,
    file,
    `right for this tower: ${right}`,
  );
}

function fill({ raw, file }: ProcessorFile, pinpoints?: Pinpoints): CanvasProcessor {
  checkProcessorClass({ raw, file }, KNOWN, ['CLIPImageProcessor', 'LlavaImageProcessor', 'LlavaNextImageProcessor']);
  const own = raw.image_grid_pinpoints;
  if (own && pinpoints && JSON.stringify(own) !== JSON.stringify(pinpoints)) {
    throw usage('image_grid_pinpoints differs from that of config.json', file);
  }
  const resize = (raw.do_resize ?? true) ? resizeOf(raw.size ?? 224, file) : undefined;
  const crop = (raw.do_center_crop ?? true) ? exact(raw.crop_size ?? 224, 'crop_size', file) : undefined;
  return {
    pixels: pixelSpec(raw, file, CLIP_PIXELS),
    ...(resize ? { resize } : {}),
    ...(crop ? { crop } : {}),
    ...(pinpoints ? { gridPinpoints: pinpoints } : {}),
  };
}

/** A plain number is the shortest edge: `default_to_square` is false for `size` in all of these classes. */
function resizeOf(size: Size, file: string): CanvasProcessor['resize'] {
  if (typeof size === 'number') return { shortestEdge: size };
  if (!Array.isArray(size) && size.shortest_edge != null) {
    if (size.longest_edge != null) throw usage('size.longest_edge is not supported', file);
    return { shortestEdge: sideLength(size.shortest_edge, 'size.shortest_edge', file) };
  }
  return exact(size, 'size', file);
}

/** @throws CrossflowError `usage` for an edge that no picture has */
export function sideLength(edge: number, key: string, file: string): number {
  if (edge <= LONGEST_SIDE) return edge;
  throw usage(`${key} is ${edge} pixels; at most ${LONGEST_SIDE} are supported`, file);
}

function exact(size: Size, key: string, file: string): { height: number; width: number } {
  if (typeof size === 'number') return { height: size, width: size };
  if (Array.isArray(size)) return { height: size[0], width: size[1] };
  const { height, width } = size;
  if (height == null || width == null) throw usage(`${key} has neither shortest_edge nor height and width`, file);
  return { height, width };
}

function resampleOf(value: number | string, file: string): Resample {
  const name = typeof value === 'number' ? RESAMPLES[value] : RESAMPLES.find((r) => r === value.toLowerCase());
  if (name === undefined)
    throw usage(`resample ${JSON.stringify(value)} is not a filter of Pillow`, file, 'use 0 to 5');
  return name;
}

const triple = (v: number | [number, number, number]): [number, number, number] =>
  typeof v === 'number' ? [v, v, v] : v;

/** What comes out must be what the tower takes. */
function checkSize(spec: CanvasProcessor, tiled: boolean, imageSize: number, file: string): void {
  const { crop, resize } = spec;
  const out = crop ?? (resize && 'height' in resize ? resize : undefined);
  const fits = out !== undefined && out.height === imageSize && out.width === imageSize;
  // tiled pictures have their base image and tiles resized to a square; the crop then changes nothing
  const tile = resize && ('shortestEdge' in resize ? resize.shortestEdge : resize.height);
  if (fits || (tiled && out === undefined && tile === imageSize)) return;
  const got = out ? `${out.height}x${out.width}` : 'no fixed size';
  throw usage(`gives images of ${got}, but the vision tower takes ${imageSize}x${imageSize}`, file);
}
