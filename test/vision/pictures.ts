/** Pictures made from formulas, and small helpers that the tests of vision/ share. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { ImageProcessorSpec, Resample } from '../../src/core/checkpoint/spec';
import type { RgbImage } from '../../src/core/vision/image';
import type { VisionShape } from '../../src/core/vision/layout';

/** The same bytes as `noise` in test/golden/tools; `hard` makes them 0 or 255. */
export function noise(width: number, height: number, seed: number, hard = false): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    let x = (Math.imul(i, 2654435761) + seed) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b) >>> 0;
    x = (x ^ (x >>> 16)) & 255;
    data[i] = hard ? (x < 128 ? 0 : 255) : x;
  }
  return { width, height, data };
}

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const RESAMPLE: readonly Resample[] = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];

/** preprocessor_config.json of a reference checkpoint. Its keys are all written out, so no defaults are needed. */
export function readProcessor(modelDir: string): ImageProcessorSpec {
  const json = JSON.parse(readFileSync(path.join(modelDir, 'preprocessor_config.json'), 'utf8')) as {
    size: { shortest_edge: number };
    crop_size: { height: number; width: number };
    resample: number;
    rescale_factor: number;
    image_mean: [number, number, number];
    image_std: [number, number, number];
    image_grid_pinpoints?: [number, number][];
  };
  return {
    resize: { shortestEdge: json.size.shortest_edge },
    resample: RESAMPLE[json.resample],
    crop: json.crop_size,
    rescale: json.rescale_factor,
    mean: json.image_mean,
    std: json.image_std,
    normalize: true,
    ...(json.image_grid_pinpoints && { gridPinpoints: json.image_grid_pinpoints }),
  };
}

/** The vision tower's shape from a reference checkpoint's config.json. */
export function readShape(modelDir: string): VisionShape {
  const json = JSON.parse(readFileSync(path.join(modelDir, 'config.json'), 'utf8')) as {
    vision_config: { image_size: number; patch_size: number };
    vision_feature_select_strategy: 'default' | 'full';
  };
  const { image_size: imageSize, patch_size: patchSize } = json.vision_config;
  return { imageSize, patchSize, select: json.vision_feature_select_strategy };
}

/** OpenAI CLIP's. */
const MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const STD = [0.26862954, 0.26130258, 0.27577711] as const;

/** The usual processor of a tower of this input size; `edge` is what the shortest side is resized to. */
export function processor(size: number, edge = size): ImageProcessorSpec {
  return {
    resize: { shortestEdge: edge },
    resample: 'bicubic',
    crop: { height: size, width: size },
    rescale: 0.00392156862745098,
    mean: MEAN,
    std: STD,
    normalize: true,
    gridPinpoints: [
      [size, 2 * size],
      [2 * size, size],
      [2 * size, 2 * size],
      [size, 3 * size],
      [3 * size, size],
    ],
  };
}
