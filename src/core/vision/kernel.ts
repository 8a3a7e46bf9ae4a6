/**
 * The two passes of resize() as WebAssembly SIMD: nearly all time spent on a picture goes there, and these loops take
 * a fifth of what they take in JavaScript.
 *
 * A weight of 22 bits does not fit the 16-bit products of SIMD, so it goes in two parts, weight = high * 2^11 + low
 * with 0 <= low < 2^11. Both sums are exact; put together they are the sum of the plain loop to the bit.
 */
import { type Coefficients, PRECISION_BITS } from './coefficients';
import type { RgbImage } from './image';
import { assemble, type Code, countDown, define, i32, type Local, v128 } from './wasm';

const LOW_BITS = 11;
/** Most taps whose low parts sum up within 31 bits: 2^31 / (255 * (2^11 - 1)). */
const MAX_TAPS = 4_113;
/** Bytes of source that go through at once: they stay in the cache, and the kernel's memory stays small. */
const BLOCK_BYTES = 512 * 1024;
/** What one output row of the vertical pass may need at once. Memory of the kernel is never given back. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
const PAGE_BYTES = 65_536;
/** More than any load or store goes past an end. */
const SLACK = 64;
/** Taps are taken in fours along a row: 12 bytes of RGB, of 16 loaded. Down a column they are taken in twos. */
const ROW_TAPS = 4;
const COLUMN_TAPS = 2;
/** Columns (bytes, really) that the vertical pass does at once. */
const COLUMNS = 8;

/** Weighted sums along rows. `spans` has per output the byte where its taps begin and how many fours they are. */
const squeeze = define(
  'squeeze',
  {
    parameters: ['rows', 'lineBytes', 'count', 'spans', 'weights', 'source', 'out'],
    i32: ['left', 'span', 'weight', 'fours', 'at'],
    v128: ['low', 'high', 'pixels'],
  },
  (l) =>
    countDown(l.rows, [
      ...[...l.count.get, ...l.left.set, ...l.spans.get, ...l.span.set, ...l.weights.get, ...l.weight.set],
      ...countDown(l.left, [
        ...[...l.span.get, ...i32.load(0), ...l.source.get, ...i32.add, ...l.at.set],
        ...[...l.span.get, ...i32.load(4), ...l.fours.set],
        ...[...v128.zero, ...l.low.set, ...v128.zero, ...l.high.set],
        ...countDown(l.fours, [
          ...[...l.at.get, ...v128.load, ...l.pixels.set],
          ...accumulate(l.low, [...l.pixels.get, ...twoPixels(0)], l.weight, 0),
          ...accumulate(l.high, [...l.pixels.get, ...twoPixels(0)], l.weight, 4),
          ...accumulate(l.low, [...l.pixels.get, ...twoPixels(6)], l.weight, 8),
          ...accumulate(l.high, [...l.pixels.get, ...twoPixels(6)], l.weight, 12),
          ...[...l.at.advance(i32.constant(3 * ROW_TAPS)), ...l.weight.advance(i32.constant(4 * ROW_TAPS))],
        ]),
        // Four bytes are stored: the next pixel overwrites the fourth.
        ...[...l.out.get, ...rounded(l.low, l.high), ...v128.zero, ...v128.intsToShorts],
        ...[...v128.zero, ...v128.shortsToBytes, ...v128.firstLane, ...i32.store],
        ...[...l.out.advance(i32.constant(3)), ...l.span.advance(i32.constant(8))],
      ]),
      ...l.source.advance(l.lineBytes.get),
    ]),
);

/** Weighted sums down columns, for one output row; `blocks` of 8 columns. */
const stack = define(
  'stack',
  {
    parameters: ['blocks', 'lineBytes', 'taps', 'weights', 'source', 'out'],
    i32: ['left', 'at', 'weight'],
    v128: ['low0', 'high0', 'low1', 'high1', 'lines'],
  },
  (l) =>
    countDown(l.blocks, [
      ...[...l.taps.get, ...l.left.set, ...l.source.get, ...l.at.set, ...l.weights.get, ...l.weight.set],
      ...[l.low0, l.high0, l.low1, l.high1].flatMap((sum) => [...v128.zero, ...sum.set]),
      ...countDown(l.left, [
        ...[...l.at.get, ...v128.loadHalf, ...l.at.get, ...l.lineBytes.get, ...i32.add, ...v128.loadHalf],
        // Bytes of the two lines in turn.
        ...v128.shuffle(Array.from({ length: 16 }, (_, i) => (i >> 1) + (i & 1 ? 16 : 0))),
        ...l.lines.set,
        ...accumulate(l.low0, [...l.lines.get, ...v128.bytesToShortsLow], l.weight, 0),
        ...accumulate(l.high0, [...l.lines.get, ...v128.bytesToShortsLow], l.weight, 4),
        ...accumulate(l.low1, [...l.lines.get, ...v128.bytesToShortsHigh], l.weight, 0),
        ...accumulate(l.high1, [...l.lines.get, ...v128.bytesToShortsHigh], l.weight, 4),
        ...[...l.at.advance(l.lineBytes.get), ...l.at.advance(l.lineBytes.get)],
        ...l.weight.advance(i32.constant(4 * COLUMN_TAPS)),
      ]),
      ...[...l.out.get, ...rounded(l.low0, l.high0), ...rounded(l.low1, l.high1), ...v128.intsToShorts],
      ...[...v128.zero, ...v128.shortsToBytes, ...v128.storeHalf],
      ...[...l.out.advance(i32.constant(COLUMNS)), ...l.source.advance(i32.constant(COLUMNS))],
    ]),
);

/** From a picture's bytes in a vector: two pixels as shorts r r g g b b 0 0. An index of 0x80 gives a zero. */
function twoPixels(p: number): Code {
  const indices = [p, p + 3, p + 1, p + 4, p + 2, p + 5, 0x80, 0x80].flatMap((byte) => [byte, 0x80]);
  return [...v128.constant(indices), ...v128.swizzle];
}

/** sum += pairs of shorts times the two weight parts at `offset`. */
function accumulate(sum: Local, shorts: Code, weight: Local, offset: number): Code {
  return [...sum.get, ...shorts, ...weight.get, ...v128.loadSplat(offset), ...v128.dot, ...v128.add, ...sum.set];
}

function rounded(low: Local, high: Local): Code {
  return [
    ...[...high.get, ...i32.constant(LOW_BITS), ...v128.shiftLeft, ...low.get, ...v128.add],
    ...[...i32.constant(1 << (PRECISION_BITS - 1)), ...v128.splat, ...v128.add],
    ...[...i32.constant(PRECISION_BITS), ...v128.shiftRight],
  ];
}

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  squeeze(rows: number, line: number, count: number, spans: number, weights: number, source: number, out: number): void;
  stack(blocks: number, line: number, taps: number, weights: number, source: number, out: number): void;
}

/** What is used of it: TypeScript knows it only with the DOM's types, which core does without. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

let loaded: Kernel | undefined;

/** The kernel with room for so many bytes. */
function kernel(bytes: number): Kernel {
  loaded ??= new WebAssembly.Instance(new WebAssembly.Module(assemble([squeeze, stack]))).exports as Kernel;
  const lacking = bytes - loaded.memory.buffer.byteLength;
  if (lacking > 0) loaded.memory.grow(Math.ceil(lacking / PAGE_BYTES));
  return loaded;
}

/**
 * Weights in groups of `group` taps, filled up with zeros: per two taps both low parts, then both high parts.
 * `groups` has the number of groups of each output.
 */
function packed(c: Coefficients, group: number): { parts: Int16Array; groups: Int32Array } {
  const groups = c.length.map((n) => Math.max(1, Math.ceil(n / group)));
  const parts = new Int16Array(groups.reduce((sum, n) => sum + n, 0) * group * 2);
  let start = 0;
  for (let i = 0; i < groups.length; i++) {
    for (let k = 0; k < c.length[i]; k++) {
      const weight = c.weights[i * c.stride + k];
      const at = start + (k >> 1) * 4 + (k & 1);
      parts[at] = weight & ((1 << LOW_BITS) - 1);
      parts[at + 2] = weight >> LOW_BITS;
    }
    start += groups[i] * group * 2;
  }
  return { parts, groups };
}

/** Whether the kernel can do a pass; where not, sums could overflow or memory would grow without need. */
export const canSqueeze = (c: Coefficients): boolean => c.stride <= MAX_TAPS;
export const canStack = (c: Coefficients, columns: number): boolean =>
  c.stride <= MAX_TAPS && c.stride * columns * 3 <= MAX_BLOCK_BYTES;

/** Horizontal pass over rows `top .. top + rows`; the image's column 0 is column `left` to the coefficients. */
export function squeezeRows(image: RgbImage, c: Coefficients, left: number, top: number, rows: number): RgbImage {
  const count = c.begin.length;
  const lineBytes = image.width * 3;
  const { parts, groups } = packed(c, ROW_TAPS);
  const block = Math.max(1, Math.min(rows, Math.floor(BLOCK_BYTES / lineBytes)));
  const weightsAt = count * 8;
  const outAt = weightsAt + parts.byteLength;
  const sourceAt = outAt + block * count * 3 + SLACK;
  const { memory, ...run } = kernel(sourceAt + block * lineBytes + SLACK);
  const bytes = new Uint8Array(memory.buffer);
  new Int16Array(memory.buffer, weightsAt).set(parts);
  const spans = new Int32Array(memory.buffer, 0, count * 2);
  for (let i = 0; i < count; i++) {
    spans[2 * i] = (c.begin[i] - left) * 3;
    spans[2 * i + 1] = groups[i];
  }
  const data = new Uint8Array(rows * count * 3);
  for (let row = 0; row < rows; row += block) {
    const n = Math.min(block, rows - row);
    bytes.set(image.data.subarray((top + row) * lineBytes, (top + row + n) * lineBytes), sourceAt);
    run.squeeze(n, lineBytes, count, 0, weightsAt, sourceAt, outAt);
    data.set(bytes.subarray(outAt, outAt + n * count * 3), row * count * 3);
  }
  return { width: count, height: rows, data };
}

/** Vertical pass over columns `left .. left + columns`; the image's row 0 is row `top` to the coefficients. */
export function stackRows(image: RgbImage, c: Coefficients, top: number, left: number, columns: number): RgbImage {
  const count = c.begin.length;
  const width = columns * 3;
  const blocks = Math.ceil(width / COLUMNS);
  const lineBytes = blocks * COLUMNS;
  const { parts, groups } = packed(c, COLUMN_TAPS);
  // One line of output at the end of the weights, then as many source lines as the longest output needs, or more.
  const lines = Math.max(c.stride, Math.floor(BLOCK_BYTES / lineBytes));
  const outAt = parts.byteLength;
  const sourceAt = outAt + lineBytes;
  const { memory, ...run } = kernel(sourceAt + (lines + 1) * lineBytes + SLACK);
  const bytes = new Uint8Array(memory.buffer);
  new Int16Array(memory.buffer).set(parts);
  const data = new Uint8Array(count * width);
  let weightsAt = 0;
  /** Source rows `from .. to` are in the kernel's memory. */
  let [from, to] = [0, 0];
  for (let i = 0; i < count; i++) {
    const begin = c.begin[i];
    if (i === 0 || begin + c.length[i] > to) {
      from = begin;
      to = Math.min(begin + lines, top + image.height);
      for (let row = from; row < to; row++) {
        const line = ((row - top) * image.width + left) * 3;
        bytes.set(image.data.subarray(line, line + width), sourceAt + (row - from) * lineBytes);
      }
    }
    run.stack(blocks, lineBytes, groups[i], weightsAt, sourceAt + (begin - from) * lineBytes, outAt);
    data.set(bytes.subarray(outAt, outAt + width), i * width);
    weightsAt += groups[i] * COLUMN_TAPS * 4;
  }
  return { width: columns, height: count, data };
}
