/** Pictures made from formulas, and small helpers that the tests of vision/ share. */
import { createHash } from 'node:crypto';
import { canvasEye, type CanvasProcessor, type Unpadding } from '../../src/core/families/parts/canvas';
import type { Eye, ImageGeometry, PatchGrid, Rect, TensorRef } from '../../src/core/spec';
import type { RgbImage } from '../../src/core/vision/image';

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

/** OpenAI CLIP's. */
const MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const STD = [0.26862954, 0.26130258, 0.27577711] as const;

/** The usual processor of a tower of this input size; `edge` is what the shortest side is resized to. */
export function processor(size: number, edge = size): CanvasProcessor {
  return {
    pixels: { resample: 'bicubic', rescale: 0.00392156862745098, mean: MEAN, std: STD, normalize: true },
    resize: { shortestEdge: edge },
    crop: { height: size, width: size },
    gridPinpoints: [
      [size, 2 * size],
      [2 * size, size],
      [2 * size, 2 * size],
      [size, 3 * size],
      [3 * size, size],
    ],
  };
}

export interface Shape {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly select: 'default' | 'full';
}

/** Stands for every weight: an eye lays pictures out without reading any. */
const WEIGHT: TensorRef = { name: 'w', file: 'w', dtype: 'f32', shape: [1], offset: 0, length: 4 };

/** A CLIP eye of this shape and processor, without weights. */
export function clipEye(spec: CanvasProcessor, { imageSize, patchSize, select }: Shape, unpadding?: Unpadding): Eye {
  return canvasEye({
    tower: {
      hidden: 1,
      heads: 1,
      norm: { kind: 'layer', epsilon: 0 },
      patchSize,
      patch: { kind: 'conv', weight: WEIGHT },
      classRow: WEIGHT,
      positions: { kind: 'none' },
      blocks: [],
      merge: { kind: 'none', dropClass: select === 'default' },
      project: [],
      taps: [],
    },
    processor: spec,
    imageSize,
    select,
    aspect: 'processor',
    newline: WEIGHT,
    ...(unpadding && { unpadding }),
  });
}

/** The patch that covers a point, in pixels of the image file, found by the grids alone. */
export function patchAt(
  geometry: Pick<ImageGeometry, 'grids'>,
  x: number,
  y: number,
  kind?: PatchGrid['kind'],
): number | undefined {
  for (const grid of geometry.grids) {
    if (kind !== undefined && grid.kind !== kind) continue;
    const { rect, rows, columns } = grid;
    if (!(x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height)) continue;
    // A point just before the far border may round onto it.
    const column = Math.min(Math.floor(((x - rect.x) / rect.width) * columns), columns - 1);
    const row = Math.min(Math.floor(((y - rect.y) / rect.height) * rows), rows - 1);
    return grid.cells[row * columns + column];
  }
  return undefined;
}

export const touches = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
