/** Rounds rows of a weight to blocks of whole numbers, and back. See format.ts for the layout. */
import { halfTable, toHalf } from '../half';
import { giveBack, outputSquare, type Compensation } from './compensate';
import { blockBytes, blocksOf, type BlockFormat } from './format';

/** The parts of some rows of a weight, as they lie in the file. */
export interface Packed {
  readonly values: Uint8Array;
  readonly scales: Uint16Array;
  readonly zeroPoints?: Uint8Array;
}

/** How far rounded rows are from the rows themselves, summed over their numbers. */
export interface RoundingError {
  /** Sum of (rounded - weight)^2, and of weight^2. */
  readonly square: number;
  readonly total: number;
  /** The same of what the weight gives for the inputs it was calibrated with, within groups of columns. */
  readonly outputSquare?: number;
  readonly outputTotal?: number;
}

export function addErrors(a: RoundingError | undefined, b: RoundingError): RoundingError {
  if (a === undefined) return b;
  const { outputSquare: square, outputTotal: total } = b;
  return {
    square: a.square + b.square,
    total: a.total + b.total,
    ...(square === undefined || total === undefined
      ? {}
      : { outputSquare: square + (a.outputSquare ?? 0), outputTotal: total + (a.outputTotal ?? 0) }),
  };
}

/** Rows whose outputs are looked at in one call, spread evenly: each costs as much as its rounding. */
const OUTPUT_ROWS = 128;

/**
 * @param rows `[n, width]`
 * @param calibration of the inputs that the rows are multiplied with; without it every column counts the same and no
 * error is given back
 */
export function quantizeRows(
  rows: Float32Array,
  width: number,
  format: BlockFormat,
  calibration?: Compensation,
): { packed: Packed; error: RoundingError } {
  const { blockSize, bits } = format;
  const blocks = blocksOf(width, format);
  const n = rows.length / width;
  const zeroBytes = Math.ceil(blocks / 2);
  const values = new Uint8Array(n * blocks * blockBytes(format));
  const scales = new Uint16Array(n * blocks);
  const zeroPoints = new Uint8Array(bits === 4 ? n * zeroBytes : 0);
  const grid = bits === 4 ? new Grid4(calibration?.importance) : new Grid8();
  const work = new Float64Array(width);
  const off = new Float64Array(width);
  const error = { square: 0, total: 0, outputSquare: 0, outputTotal: 0 };
  const stride = Math.ceil(n / OUTPUT_ROWS);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < width; i++) work[i] = rows[row * width + i];
    for (let block = 0; block < blocks; block++) {
      const first = block * blockSize;
      const count = Math.min(blockSize, width - first);
      grid.fit(work, first, count);
      const { scale, zero, low, high } = grid;
      const perScale = 1 / scale;
      const at = row * blocks + block;
      scales[at] = grid.bits;
      if (bits === 4) zeroPoints[row * zeroBytes + (block >> 1)] |= zero << (block % 2 === 0 ? 0 : 4);
      for (let i = 0; i < blockSize; i++) {
        let q = 0;
        if (i < count) {
          const w = work[first + i];
          const t = w * perScale - low + 0.5;
          q = (t <= 0 ? 0 : t >= high - low ? high - low : t | 0) + low;
          if (calibration) giveBack(work, first + i, w - q * scale, calibration);
          off[first + i] = q * scale - rows[row * width + first + i];
        }
        if (bits === 8) values[at * blockSize + i] = q;
        else values[(at * blockSize + i) >> 1] |= (q + zero) << (i % 2 === 0 ? 0 : 4);
      }
    }
    for (let i = 0; i < width; i++) {
      error.square += off[i] ** 2;
      error.total += rows[row * width + i] ** 2;
    }
    if (calibration && row % stride === 0) {
      error.outputSquare += outputSquare(off, 0, calibration);
      error.outputTotal += outputSquare(rows, row * width, calibration);
    }
  }
  const { square, total } = error;
  return {
    packed: { values, scales, ...(bits === 4 ? { zeroPoints } : {}) },
    error: calibration ? error : { square, total },
  };
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

/** Smallest and largest f16 that a scale may be: never 0 (a division), never infinite. */
const LEAST_SCALE = 0x0001;
const LARGEST_SCALE = 0x7bff;
const scaleBits = (scale: number): number => Math.min(LARGEST_SCALE, Math.max(LEAST_SCALE, toHalf(scale)));

/** Parts of a block's range that are tried as the range of the 16 values: outliers may be worth less than finer steps. */
const SHRINK = [1, 0.96, 0.92, 0.88, 0.84, 0.8, 0.74, 0.68, 0.6] as const;

/** A block's scale and zero point: values are `q * scale` for whole q from `low` to `high`. */
class Grid8 {
  /** The scale as f16 bits. */
  bits = 0;
  scale = 1;
  readonly zero = 0;
  readonly low = -127;
  readonly high = 127;
  private readonly half = halfTable();

  fit(row: Float64Array, first: number, count: number): void {
    let largest = 0;
    for (let i = first; i < first + count; i++) largest = Math.max(largest, Math.abs(row[i]));
    const bits = scaleBits(largest / 127);
    // a scale rounded down would cut the largest number off, by much where f16 has few digits left
    this.bits = this.half[bits] * 127 < largest ? Math.min(LARGEST_SCALE, bits + 1) : bits;
    this.scale = this.half[this.bits];
  }
}

class Grid4 {
  bits = 0;
  scale = 1;
  zero = 0;
  low = 0;
  high = 15;
  private readonly half = halfTable();

  constructor(private readonly importance: Float32Array | undefined) {}

  /** Finds scale and zero point that fit the numbers best, by square error weighted with their columns' importance. */
  fit(row: Float64Array, first: number, count: number): void {
    let least = 0;
    let most = 0;
    for (let i = first; i < first + count; i++) {
      const w = row[i];
      if (w < least) least = w;
      else if (w > most) most = w;
    }
    const range = most - least;
    this.take(scaleBits(range / 15), range > 0 ? Math.round((-15 * least) / range) : 0);
    if (range === 0) return;
    const { zero, importance } = this;
    const end = first + count;
    let explained = 0;
    for (const shrink of SHRINK) {
      const perScale = 15 / (shrink * range);
      // with the values chosen, the best scale is a least-squares fit; it leaves sum(w^2) - product^2 / norm
      let product = 0;
      let norm = 0;
      for (let i = first; i < end; i++) {
        const w = row[i];
        const t = w * perScale + zero + 0.5;
        // rounding by cutting off: several times faster than Math.round, which this loop would spend its time in
        const q = (t <= 0 ? 0 : t >= 15 ? 15 : t | 0) - zero;
        const weighted = importance === undefined ? q : q * importance[i];
        product += w * weighted;
        norm += q * weighted;
      }
      if (norm > 0 && product > 0 && product * product > explained * norm) {
        explained = (product * product) / norm;
        this.take(scaleBits(product / norm), zero);
      }
    }
  }

  private take(bits: number, zero: number): void {
    this.bits = bits;
    this.scale = this.half[bits];
    this.zero = Math.max(0, Math.min(15, zero));
    this.low = -this.zero;
    this.high = 15 - this.zero;
  }
}
