/** Rounds rows of a weight to blocks of whole numbers, and back. See checkpoint/quantized/format.ts for the layout. */
import { halfTable } from '../checkpoint/half';
import { giveBack, outputSquare, type Compensation } from './compensate';
import { blockBytes, blocksOf, type BlockFormat } from '../checkpoint/quantized/format';
import { Grid4, Grid8 } from '../checkpoint/quantized/grid';

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
