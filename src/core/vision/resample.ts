/**
 * Pillow's `Image.resize` for 8-bit RGB, bit for bit: separable, antialiased, 22-bit fixed-point weights, rounded to
 * 8 bits after each pass. After Pillow 13.0 `src/libImaging/Resample.c` (passes) and `Geometry.c` (nearest).
 */
import type { Resample } from '../spec';
import { type Coefficients, coefficients, FILTERS, PRECISION_BITS } from './coefficients';
import type { RgbImage } from './image';
import { canSqueeze, canStack, squeezeRows, stackRows } from './kernel';

/** A part of the resized image, in its pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Source rows `top .. top + rows` squeezed to `count` pixels each; `left` is the source column of column 0. */
function horizontal(image: RgbImage, c: Coefficients, left: number, top: number, rows: number): RgbImage {
  if (canSqueeze(c)) return squeezeRows(image, c, left, top, rows);
  const count = c.begin.length;
  const data = new Uint8Array(rows * count * 3);
  for (let y = 0, o = 0; y < rows; y++) {
    for (let i = 0; i < count; i++) {
      const at = ((top + y) * image.width + c.begin[i] - left) * 3;
      for (let channel = 0; channel < 3; channel++, o++) data[o] = weighted(image.data, at + channel, 3, c, i);
    }
  }
  return { width: count, height: rows, data };
}

/** Source columns `left .. left + columns` squeezed to `count` pixels each; `top` is the source row of row 0. */
function vertical(image: RgbImage, c: Coefficients, top: number, left: number, columns: number): RgbImage {
  if (canStack(c, columns)) return stackRows(image, c, top, left, columns);
  const count = c.begin.length;
  const line = image.width * 3;
  const data = new Uint8Array(count * columns * 3);
  for (let i = 0, o = 0; i < count; i++) {
    const at = (c.begin[i] - top) * line + left * 3;
    for (let x = 0; x < columns * 3; x++, o++) data[o] = weighted(image.data, at + x, line, c, i);
  }
  return { width: columns, height: count, data };
}

/** One value of output `i`, rounded and clipped. The sum stays within 32 bits by the choice of PRECISION_BITS. */
function weighted(source: Uint8Array, at: number, step: number, c: Coefficients, i: number): number {
  let sum = 1 << (PRECISION_BITS - 1);
  const first = i * c.stride;
  for (let k = 0; k < c.length[i]; k++, at += step) sum = (sum + Math.imul(source[at], c.weights[first + k])) | 0;
  return Math.min(Math.max(sum >> PRECISION_BITS, 0), 255);
}

/** `ImagingScaleAffine`: positions are summed up step by step, as there, so that rounding falls the same way. */
function nearest(image: RgbImage, width: number, height: number, window: Window): RgbImage {
  const places = (inSize: number, outSize: number, first: number, count: number): Int32Array => {
    const step = Math.fround(inSize) / outSize;
    const out = new Int32Array(count);
    let at = step * 0.5;
    for (let i = 0; i < first + count; i++, at += step) if (i >= first) out[i - first] = Math.trunc(at);
    return out;
  };
  const xs = places(image.width, width, window.left, window.width);
  const ys = places(image.height, height, window.top, window.height);
  const data = new Uint8Array(window.width * window.height * 3);
  let o = 0;
  for (const y of ys) {
    for (const x of xs) {
      // The sum may run past the end by a rounding error; Pillow leaves such pixels black.
      if (x < image.width && y < image.height) {
        const p = (y * image.width + x) * 3;
        data[o] = image.data[p]!;
        data[o + 1] = image.data[p + 1]!;
        data[o + 2] = image.data[p + 2]!;
      }
      o += 3;
    }
  }
  return { width: window.width, height: window.height, data };
}

/** A copy of a part of an image; the window lies inside. */
export function crop(image: RgbImage, window: Window): RgbImage {
  const { left, top, width, height } = window;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/**
 * `image.resize((width, height), filter).crop(window)`. Only the window is computed, so a huge result that is cropped
 * afterwards costs nothing; the window lies inside `width` x `height` and is the whole of it when left out.
 */
export function resize(
  image: RgbImage,
  width: number,
  height: number,
  filter: Resample,
  window: Window = { left: 0, top: 0, width, height },
): RgbImage {
  if (width === image.width && height === image.height) return crop(image, window);
  if (filter === 'nearest') return nearest(image, width, height, window);
  const kind = FILTERS[filter];
  const x = coefficients(image.width, width, kind, window.left, window.width);
  const y = coefficients(image.height, height, kind, window.top, window.height);
  if (width === image.width) return vertical(image, y, 0, window.left, window.width);
  if (height === image.height) return horizontal(image, x, 0, window.top, window.height);
  if (verticalFirst(image, width, height)) {
    const left = first(x);
    return horizontal(vertical(image, y, 0, left, past(x) - left), x, left, 0, window.height);
  }
  const top = first(y);
  return vertical(horizontal(image, x, 0, top, past(y) - top), y, top, 0, window.width);
}

/** The first source pixel that is needed, and the first behind those needed: begins and ends both ascend. */
const first = (c: Coefficients): number => c.begin[0];
const past = (c: Coefficients): number => c.begin.at(-1)! + c.length.at(-1)!;

/**
 * Since 13.0 Pillow takes the vertical pass first where the height shrinks by more than twice what the width does
 * (python-pillow pull request 9549; the exact condition was found by comparing with 13.0.0). Releases before
 * always began horizontally; results differ by a rounding at most.
 */
function verticalFirst(image: RgbImage, width: number, height: number): boolean {
  return height < image.height && image.height - height > 2 * (image.width - width);
}
