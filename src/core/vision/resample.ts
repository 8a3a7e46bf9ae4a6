/**
 * Pillow's `Image.resize` for 8-bit RGB, bit for bit: separable, antialiased, 22-bit fixed-point weights, rounded to
 * 8 bits after each pass. After Pillow 13.0 `src/libImaging/Resample.c` (filters, weights and
 * passes) and `Geometry.c` (nearest); names follow that source so that the two can be read side by side.
 */
import type { Resample } from '../checkpoint/spec';
import type { RgbImage } from './image';

interface Filter {
  /** Weight at distance x from the centre, in source pixels divided by the filter scale. */
  readonly weight: (x: number) => number;
  /** Half the filter's width. */
  readonly support: number;
}

/** A part of the resized image, in its pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** 32 bits less 8 of the pixel and 2 for sums outside 0..1: negative lobes and overshoot. */
const PRECISION_BITS = 32 - 8 - 2;
const ROUNDING = 1 << (PRECISION_BITS - 1);

// Pillow writes these two as float literals; they act as the nearest float widened to double.
const HAMMING_A = Math.fround(0.54);
const HAMMING_B = Math.fround(0.46);

function sinc(x: number): number {
  if (x === 0) return 1;
  return Math.sin(x * Math.PI) / (x * Math.PI);
}

const FILTERS: Readonly<Record<Exclude<Resample, 'nearest'>, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight(x) {
      x = Math.abs(x);
      if (x === 0) return 1;
      if (x >= 1) return 0;
      return sinc(x) * (HAMMING_A + HAMMING_B * Math.cos(x * Math.PI));
    },
  },
  // Keys' cubic convolution with a = -0.5.
  bicubic: {
    support: 2,
    weight(x) {
      x = Math.abs(x);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
      return 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** For outputs `first .. first + count` of one axis: where their source pixels begin, how many, and the weights. */
interface Coefficients {
  readonly begin: Int32Array;
  readonly length: Int32Array;
  /** `[count, stride]`, 22-bit fixed point. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** `precompute_coeffs` and `normalize_coeffs_8bpc` of one axis, for a part of the outputs. */
function coefficients(inSize: number, outSize: number, filter: Filter, first: number, count: number): Coefficients {
  const scale = Math.fround(inSize) / outSize;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const inverse = 1 / filterScale;
  const begin = new Int32Array(count);
  const length = new Int32Array(count);
  const weights = new Int32Array(count * stride);
  const raw = new Float64Array(stride);
  for (let i = 0; i < count; i++) {
    const center = (first + i + 0.5) * scale;
    const low = Math.max(Math.trunc(center - support + 0.5), 0);
    const n = Math.min(Math.trunc(center + support + 0.5), inSize) - low;
    let sum = 0;
    for (let x = 0; x < n; x++) {
      const w = filter.weight((x + low - center + 0.5) * inverse);
      raw[x] = w;
      sum += w;
    }
    for (let x = 0; x < n; x++) {
      const w = sum === 0 ? raw[x] : raw[x] / sum;
      weights[i * stride + x] = Math.trunc((w < 0 ? -0.5 : 0.5) + w * (1 << PRECISION_BITS));
    }
    begin[i] = low;
    length[i] = n;
  }
  return { begin, length, weights, stride };
}

/**
 * Source rows `top .. top + rows` squeezed to `count` pixels each; `left` is the source column of column 0. Sums stay
 * within 32 bits by the choice of PRECISION_BITS.
 */
function horizontal(image: RgbImage, c: Coefficients, left: number, top: number, rows: number): RgbImage {
  const { begin, length, weights, stride } = c;
  const count = begin.length;
  const out = new Uint8ClampedArray(rows * count * 3);
  const source = image.data;
  const lineBytes = image.width * 3;
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
