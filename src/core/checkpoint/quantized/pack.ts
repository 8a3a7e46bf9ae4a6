/** Rounds rows of a weight to blocks of whole numbers, and back. See format.ts for the layout. */
import { halfTable, toHalf } from '../half';
import { blockBytes, blocksOf, type BlockFormat } from './format';

/** The parts of some rows of a weight, as they lie in the file. */
export interface Packed {
  readonly values: Uint8Array;
  readonly scales: Uint16Array;
  readonly zeroPoints?: Uint8Array;
}

/** How far rounded rows are from the rows themselves, summed over their numbers. */
export interface RoundingError {
  /** Sum of (rounded - weight)^2. */
  readonly square: number;
  /** Sum of weight^2. */
  readonly total: number;
}

/**
 * @param rows `[n, width]`
 * @param importance `[width]`, the weight of each column's error, e.g. the mean square of what it is multiplied with;
 * all equal when left out
 */
export function quantizeRows(
  rows: Float32Array,
  width: number,
  format: BlockFormat,
  importance?: Float32Array,
): { packed: Packed; error: RoundingError } {
  return format.bits === 4 ? pack4(rows, width, format, importance) : pack8(rows, width, format);
}

/** The rows that packed ones stand for, `[n, width]`. */
export function dequantizeRows(packed: Packed, width: number, format: BlockFormat): Float32Array {
  const { blockSize, bits } = format;
  const half = halfTable();
  const blocks = blocksOf(width, format);
  const each = blockBytes(format);
  const n = packed.scales.length / blocks;
  const signed = new Int8Array(packed.values.buffer, packed.values.byteOffset, packed.values.length);
  const zeroBytes = Math.ceil(blocks / 2);
  const out = new Float32Array(n * width);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < width; column++) {
      const block = Math.floor(column / blockSize);
      const at = column % blockSize;
      const start = (row * blocks + block) * each;
      const q = bits === 8 ? signed[start + at] : nibble(packed.values[start + (at >> 1)], at);
      const zero = packed.zeroPoints ? nibble(packed.zeroPoints[row * zeroBytes + (block >> 1)], block) : 8;
      out[row * width + column] = (q - (bits === 8 ? 0 : zero)) * half[packed.scales[row * blocks + block]];
    }
  }
  return out;
}

const nibble = (byte: number, index: number): number => (index % 2 === 0 ? byte & 15 : byte >> 4);

function pack8(rows: Float32Array, width: number, format: BlockFormat): { packed: Packed; error: RoundingError } {
  const { blockSize } = format;
  const half = halfTable();
  const blocks = blocksOf(width, format);
  const n = rows.length / width;
  const values = new Int8Array(n * blocks * blockSize);
  const scales = new Uint16Array(n * blocks);
  let square = 0;
  let total = 0;
  for (let row = 0; row < n; row++) {
    for (let block = 0; block < blocks; block++) {
      const begin = row * width + block * blockSize;
      const end = Math.min(begin + blockSize, (row + 1) * width);
      let largest = 0;
      for (let i = begin; i < end; i++) largest = Math.max(largest, Math.abs(rows[i]));
      const bits = scaleBits(largest / 127);
      scales[row * blocks + block] = bits;
      const scale = half[bits];
      const start = (row * blocks + block) * blockSize - begin;
      for (let i = begin; i < end; i++) {
        const w = rows[i];
        const q = Math.max(-127, Math.min(127, Math.round(w / scale)));
        values[start + i] = q;
        square += (q * scale - w) ** 2;
        total += w * w;
      }
    }
  }
  return { packed: { values: new Uint8Array(values.buffer), scales }, error: { square, total } };
}

/** Smallest and largest f16 that a scale may be: never 0 (a division), never infinite. */
const LEAST_SCALE = 0x0001;
const LARGEST_SCALE = 0x7bff;
const scaleBits = (scale: number): number => Math.min(LARGEST_SCALE, Math.max(LEAST_SCALE, toHalf(scale)));

/** Parts of a block's range that are tried as the range of the 16 values: outliers may be worth less than finer steps. */
const SHRINK = [1, 0.96, 0.92, 0.88, 0.84, 0.8, 0.74, 0.68, 0.6] as const;

function pack4(
  rows: Float32Array,
  width: number,
  format: BlockFormat,
  importance: Float32Array | undefined,
): { packed: Packed; error: RoundingError } {
  const { blockSize } = format;
  const half = halfTable();
  const blocks = blocksOf(width, format);
  const n = rows.length / width;
  const zeroBytes = Math.ceil(blocks / 2);
  const values = new Uint8Array((n * blocks * blockSize) / 2);
  const scales = new Uint16Array(n * blocks);
  const zeroPoints = new Uint8Array(n * zeroBytes);
  let square = 0;
  let total = 0;
  for (let row = 0; row < n; row++) {
    for (let block = 0; block < blocks; block++) {
      const first = block * blockSize;
      const begin = row * width + first;
      const count = Math.min(blockSize, width - first);
      const { bits, zero } = bestGrid(rows, begin, count, importance, first);
      const scale = half[bits];
      scales[row * blocks + block] = bits;
      zeroPoints[row * zeroBytes + (block >> 1)] |= zero << (block % 2 === 0 ? 0 : 4);
      const start = ((row * blocks + block) * blockSize) / 2;
      for (let i = 0; i < blockSize; i++) {
        const w = i < count ? rows[begin + i] : 0;
        const q = Math.max(0, Math.min(15, Math.round(w / scale) + zero));
        values[start + (i >> 1)] |= q << (i % 2 === 0 ? 0 : 4);
        if (i < count) {
          square += ((q - zero) * scale - w) ** 2;
          total += w * w;
        }
      }
    }
  }
  return { packed: { values, scales, zeroPoints }, error: { square, total } };
}

/** Scale (as f16) and zero point of 16 values that fit a block's numbers best, by weighted square error. */
function bestGrid(
  rows: Float32Array,
  begin: number,
  count: number,
  importance: Float32Array | undefined,
  first: number,
): { bits: number; zero: number } {
  const half = halfTable();
  let low = 0;
  let high = 0;
  for (let i = begin; i < begin + count; i++) {
    const w = rows[i];
    if (w < low) low = w;
    else if (w > high) high = w;
  }
  let best = { bits: scaleBits((high - low) / 15), zero: 0 };
  best.zero = Math.max(0, Math.min(15, Math.round(-low / half[best.bits])));
  if (high === low) return best;
  let least = Infinity;
  for (const shrink of SHRINK) {
    const scale = (shrink * (high - low)) / 15;
    const zero = Math.max(0, Math.min(15, Math.round((-low * shrink) / scale)));
    // with the values chosen, the best scale is a least-squares fit
    let product = 0;
    let norm = 0;
    for (let i = 0; i < count; i++) {
      const w = rows[begin + i];
      const step = Math.max(-zero, Math.min(15 - zero, Math.round(w / scale)));
      const weight = importance ? importance[first + i] : 1;
      product += weight * w * step;
      norm += weight * step * step;
    }
    const bits = scaleBits(norm > 0 && product > 0 ? product / norm : scale);
    const fitted = half[bits];
    let error = 0;
    for (let i = 0; i < count; i++) {
      const w = rows[begin + i];
      const step = Math.max(-zero, Math.min(15 - zero, Math.round(w / fitted)));
      const off = step * fitted - w;
      error += (importance ? importance[first + i] : 1) * off * off;
    }
    if (error < least) {
      least = error;
      best = { bits, zero };
    }
  }
  return best;
}
