/**
 * Pillow's `Image.resize` for 8-bit RGB, bit for bit: separable, antialiased, 22-bit fixed-point weights, rounded to
 * 8 bits after each pass. After Pillow 13.0 `src/libImaging/Resample.c` (passes) and `Geometry.c` (nearest).
 */
import type { Resample } from '../checkpoint/spec';
import { type Coefficients, coefficients, FILTERS, PRECISION_BITS } from './coefficients';
import type { RgbImage } from './image';
import { MAX_TAPS, squeezeRows } from './kernel';

/** A part of the resized image, in its pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const ROUNDING = 1 << (PRECISION_BITS - 1);

/**
 * Source rows `top .. top + rows` squeezed to `count` pixels each; `left` is the source column of column 0. Sums stay
 * within 32 bits by the choice of PRECISION_BITS.
 */
function horizontal(image: RgbImage, c: Coefficients, left: number, top: number, rows: number): RgbImage {
  const { begin, length, weights, stride } = c;
  const count = begin.length;
  const lineBytes = image.width * 3;
  if (stride <= MAX_TAPS) {
    const data = new Uint8Array(rows * count * 3);
    squeezeRows(image.data.subarray(top * lineBytes), lineBytes, left, rows, c, data);
    return { width: count, height: rows, data };
  }
  // Reductions by a thousand and more, where the kernel's partial sums could overflow.
  const out = new Uint8ClampedArray(rows * count * 3);
  const source = image.data;
  for (let y = 0; y < rows; y++) {
    let o = y * count * 3;
    for (let i = 0; i < count; i++, o += 3) {
      let k = i * stride;
      const end = k + length[i];
      let p = (top + y) * lineBytes + (begin[i] - left) * 3;
      let r = ROUNDING;
      let g = ROUNDING;
      let b = ROUNDING;
      for (; k < end; k++, p += 3) {
        const w = weights[k];
        r = (r + Math.imul(source[p], w)) | 0;
        g = (g + Math.imul(source[p + 1], w)) | 0;
        b = (b + Math.imul(source[p + 2], w)) | 0;
      }
      out[o] = r >> PRECISION_BITS;
      out[o + 1] = g >> PRECISION_BITS;
      out[o + 2] = b >> PRECISION_BITS;
    }
  }
  return { width: count, height: rows, data: new Uint8Array(out.buffer) };
}

/** Source columns `left .. left + columns` squeezed to `count` pixels each; `top` is the source row of row 0. */
function vertical(image: RgbImage, c: Coefficients, top: number, left: number, columns: number): RgbImage {
  const { begin, length, weights, stride } = c;
  const count = begin.length;
  const sourceBytes = image.width * 3;
  const lineBytes = columns * 3;
  const out = new Uint8ClampedArray(count * lineBytes);
  const source = image.data;
  const sums = new Int32Array(lineBytes);
  for (let i = 0; i < count; i++) {
    sums.fill(ROUNDING);
    let line = (begin[i] - top) * sourceBytes + left * 3;
    let k = i * stride;
    const end = k + length[i];
    // Two rows at a time halve the traffic on the sums.
    for (; k + 1 < end; k += 2, line += 2 * sourceBytes) {
      const w0 = weights[k];
      const w1 = weights[k + 1];
      for (let x = 0, p = line, q = line + sourceBytes; x < lineBytes; x++, p++, q++) {
        sums[x] = sums[x] + Math.imul(source[p], w0) + Math.imul(source[q], w1);
      }
    }
    if (k < end) {
      const w = weights[k];
      for (let x = 0, p = line; x < lineBytes; x++, p++) sums[x] = sums[x] + Math.imul(source[p], w);
    }
    const o = i * lineBytes;
    for (let x = 0; x < lineBytes; x++) out[o + x] = sums[x] >> PRECISION_BITS;
  }
  return { width: columns, height: count, data: new Uint8Array(out.buffer) };
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
