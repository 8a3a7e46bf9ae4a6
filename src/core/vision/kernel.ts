/**
 * The horizontal pass of resize() as a WebAssembly SIMD kernel: half of all time spent on a photo goes there, and this
 * takes a fifth of what the same loop takes in JavaScript. The module is assembled here, byte by byte: it is one
 * function of three loops, and a compiler in the build for it would be the larger burden.
 *
 * A weight of 22 bits does not fit the 16-bit products of SIMD, so it goes in two parts, weight = high * 2^11 + low
 * with 0 <= low < 2^11. Both sums are exact; put together they are the sum of the plain loop to the bit.
 */

import { type Coefficients, PRECISION_BITS } from './coefficients';

const LOW_BITS = 11;
/** Most taps whose low parts sum up within 31 bits: 2^31 / (255 * (2^11 - 1)). */
export const MAX_TAPS = 4_113;
/** Taps are taken in fours: 12 bytes of RGB, of 16 loaded. */
const TAPS = 4;

type Squeeze = (
  rows: number,
  lineBytes: number,
  count: number,
  spans: number,
  weights: number,
  source: number,
  out: number,
) => void;

// https://webassembly.github.io/spec/core/binary/instructions.html
const LOOP = [0x03, 0x40];
const END = 0x0b;
const I32 = { load: [0x28, 2, 0], add: 0x6a, sub: 0x6b, store: [0x36, 0, 0] };
const V128 = {
  load: [0xfd, 0x00, 0, 0],
  load32Splat: (offset: number) => [0xfd, 0x09, 0, offset],
  constant: (bytes: readonly number[]) => [0xfd, 0x0c, ...bytes],
  swizzle: [0xfd, 0x0e],
  splat: [0xfd, 0x11],
  firstLane: [0xfd, 0x1b, 0],
  narrowToBytes: [0xfd, 0x66],
  narrowToShorts: [0xfd, 0x85, 0x01],
  shiftLeft: [0xfd, 0xab, 0x01],
  shiftRight: [0xfd, 0xac, 0x01],
  add: [0xfd, 0xae, 0x01],
  dot: [0xfd, 0xba, 0x01],
};

/** Signed LEB128. */
function integer(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(low & 0x40)) || (value === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** Unsigned LEB128. */
function size(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...size(value >>> 7)];
}

const constant = (value: number): number[] => [0x41, ...integer(value)];
const section = (id: number, ...content: number[]): number[] => [id, ...size(content.length), ...content];
const text = (name: string): number[] => [name.length, ...Buffer.from(name)];

function assemble(): Uint8Array {
  const names = ['rows', 'lineBytes', 'count', 'spans', 'weights', 'source', 'out'] as const;
  const locals = ['left', 'span', 'weight', 'fours', 'low', 'high', 'pixels', 'at'] as const;
  const index = (name: (typeof names | typeof locals)[number]): number => [...names, ...locals].indexOf(name);
  const get = (name: Parameters<typeof index>[0]): number[] => [0x20, index(name)];
  const set = (name: Parameters<typeof index>[0]): number[] => [0x21, index(name)];
  const advance = (name: Parameters<typeof index>[0], by: number[]): number[] => [
    ...get(name),
    ...by,
    I32.add,
    ...set(name),
  ];
  /** Counts a local down and repeats the innermost loop until it is 0. */
  const repeat = (name: Parameters<typeof index>[0]): number[] => [
    ...[...get(name), ...constant(1), I32.sub, 0x22, index(name)],
    ...[0x0d, 0, END],
  ];
  /** Bytes of two pixels as shorts r r g g b b 0 0; 0x80 gives a zero. */
  const pair = (p: number): number[] => [
    ...V128.constant([p, p + 3, p + 1, p + 4, p + 2, p + 5, 0x80, 0x80].flatMap((byte) => [byte, 0x80])),
    ...V128.swizzle,
  ];
  const accumulate = (sum: 'low' | 'high', first: number, offset: number): number[] => [
    ...get(sum),
    ...[...get('pixels'), ...pair(first), ...get('weight'), ...V128.load32Splat(offset), ...V128.dot],
    ...V128.add,
    ...set(sum),
  ];
  const zero = V128.constant(new Array<number>(16).fill(0));
  const body = [
    ...LOOP, // rows
    ...[...get('count'), ...set('left'), ...get('spans'), ...set('span'), ...get('weights'), ...set('weight')],
    ...LOOP, // pixels of a row
    ...[...get('span'), ...I32.load, ...get('source'), I32.add, ...set('at')],
    ...[...get('span'), ...constant(4), I32.add, ...I32.load, ...set('fours')],
    ...[...zero, ...set('low'), ...zero, ...set('high')],
    ...LOOP, // taps of a pixel
    ...[...get('at'), ...V128.load, ...set('pixels')],
    ...[
      ...accumulate('low', 0, 0),
      ...accumulate('high', 0, 4),
      ...accumulate('low', 6, 8),
      ...accumulate('high', 6, 12),
    ],
    ...[...advance('at', constant(3 * TAPS)), ...advance('weight', constant(4 * TAPS)), ...repeat('fours')],
    // Four bytes are stored: the fourth is overwritten by the next pixel.
    ...get('out'),
    ...[...get('high'), ...constant(LOW_BITS), ...V128.shiftLeft, ...get('low'), ...V128.add],
    ...[
      ...constant(1 << (PRECISION_BITS - 1)),
      ...V128.splat,
      ...V128.add,
      ...constant(PRECISION_BITS),
      ...V128.shiftRight,
    ],
    ...[...zero, ...V128.narrowToShorts, ...zero, ...V128.narrowToBytes, ...V128.firstLane, ...I32.store],
    ...[...advance('out', constant(3)), ...advance('span', constant(8)), ...repeat('left')],
    ...[...advance('source', get('lineBytes')), ...repeat('rows')],
    END,
  ];
  const [i32, v128] = [0x7f, 0x7b];
  // i32: left, span, weight, fours; v128: low, high, pixels; i32: at
  const code = [3, 4, i32, 3, v128, 1, i32, ...body];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, names.length, ...names.map(() => i32), 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...text('squeeze'), 0, 0, ...text('memory'), 2, 0),
    ...section(10, 1, ...size(code.length), ...code),
  ]);
}

interface Kernel {
  readonly squeeze: Squeeze;
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

/** What is used of it: TypeScript knows it only with the DOM's types, which core does without. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

let kernel: Kernel | undefined;

function load(): Kernel {
  return new WebAssembly.Instance(new WebAssembly.Module(assemble())).exports as Kernel;
}

/** Bytes of source that go through the kernel at once: they stay in the cache, and its memory stays small. */
const STRIP_BYTES = 512 * 1024;
const PAGE = 65_536;

/**
 * Weighted sums of RGB pixels along each of `rows` rows. `source` begins with the first row's first pixel, which is
 * column `left` to the coefficients. Writes `[rows, outputs, 3]`, rounded and clipped to 8 bits. No output may have
 * more than MAX_TAPS taps.
 */
export function squeezeRows(
  source: Uint8Array,
  lineBytes: number,
  left: number,
  rows: number,
  taps: Coefficients,
  out: Uint8Array,
): void {
  kernel ??= load();
  const count = taps.begin.length;
  const fours = taps.length.reduce((sum, n) => sum + Math.max(1, Math.ceil(n / TAPS)), 0);
  const strip = Math.max(1, Math.min(rows, Math.floor(STRIP_BYTES / lineBytes)));
  const spansAt = 0;
  const weightsAt = spansAt + count * 8;
  const outAt = weightsAt + fours * TAPS * 4;
  // 16 bytes behind each, for what is loaded or stored past the end.
  const sourceAt = outAt + strip * count * 3 + 16;
  const needed = sourceAt + strip * lineBytes + 16 * TAPS;
  const { memory, squeeze } = kernel;
  if (needed > memory.buffer.byteLength) memory.grow(Math.ceil((needed - memory.buffer.byteLength) / PAGE));
  const spans = new Int32Array(memory.buffer, spansAt, count * 2);
  const parts = new Int16Array(memory.buffer, weightsAt, fours * TAPS * 2).fill(0);
  let part = 0;
  for (let i = 0; i < count; i++) {
    const n = taps.length[i];
    spans[2 * i] = (taps.begin[i] - left) * 3;
    spans[2 * i + 1] = Math.max(1, Math.ceil(n / TAPS));
    // Per two taps: their low parts, then their high parts.
    for (let k = 0; k < n; k++) {
      const weight = taps.weights[i * taps.stride + k];
      const at = part + (k >> 1) * 4 + (k & 1);
      parts[at] = weight & ((1 << LOW_BITS) - 1);
      parts[at + 2] = weight >> LOW_BITS;
    }
    part += spans[2 * i + 1] * TAPS * 2;
  }
  const bytes = new Uint8Array(memory.buffer);
  for (let row = 0; row < rows; row += strip) {
    const n = Math.min(strip, rows - row);
    bytes.set(source.subarray(row * lineBytes, (row + n) * lineBytes), sourceAt);
    squeeze(n, lineBytes, count, spansAt, weightsAt, sourceAt, outAt);
    out.set(bytes.subarray(outAt, outAt + n * count * 3), row * count * 3);
  }
}
