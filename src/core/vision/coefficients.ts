/**
 * Filters and fixed-point weights of Pillow's resize, after `src/libImaging/Resample.c` of Pillow 13.0. Names follow
 * that source so that the two can be read side by side.
 */
import type { Resample } from '../spec';

export interface Filter {
  /** Weight at distance x from the centre, in source pixels divided by the filter scale. */
  readonly weight: (x: number) => number;
  /** Half the filter's width. */
  readonly support: number;
}

/** 32 bits less 8 of the pixel and 2 for sums outside 0..1: negative lobes and overshoot. */
export const PRECISION_BITS = 32 - 8 - 2;

// Pillow writes these two as float literals; they act as the nearest float widened to double.
const HAMMING_A = Math.fround(0.54);
const HAMMING_B = Math.fround(0.46);

function sinc(x: number): number {
  if (x === 0) return 1;
  return Math.sin(x * Math.PI) / (x * Math.PI);
}

export const FILTERS: Readonly<Record<Exclude<Resample, 'nearest'>, Filter>> = {
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
export interface Coefficients {
  readonly begin: Int32Array;
  readonly length: Int32Array;
  /** `[count, stride]`, 22-bit fixed point. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** `precompute_coeffs` and `normalize_coeffs_8bpc` of one axis, for a part of the outputs. */
export function coefficients(
  inSize: number,
  outSize: number,
  filter: Filter,
  first: number,
  count: number,
): Coefficients {
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
