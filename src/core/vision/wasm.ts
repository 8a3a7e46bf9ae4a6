/**
 * Just enough of an assembler for WebAssembly to write kernel.ts's loops in TypeScript: a compiler in the build would be
 * the larger burden. Opcodes: https://webassembly.github.io/spec/core/binary/instructions.html
 */

export type Code = readonly number[];

const END = 0x0b;
const TYPES = { i32: 0x7f, v128: 0x7b } as const;

/** Signed LEB128. */
function signed(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && !(low & 0x40)) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...signed(rest)];
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

const constant = (value: number): Code => [0x41, ...signed(value)];

export const i32 = {
  constant,
  add: [0x6a],
  load: (offset: number): Code => [0x28, 2, offset],
  /** At any address. */
  store: [0x36, 0, 0],
} as const;

export const v128 = {
  constant: (bytes: readonly number[]): Code => [0xfd, 0x0c, ...bytes],
  zero: [0xfd, 0x0c, ...new Array<number>(16).fill(0)] as Code,
  load: [0xfd, 0x00, 0, 0],
  /** 32 bits, to all four lanes. */
  loadSplat: (offset: number): Code => [0xfd, 0x09, 0, offset],
  /** 64 bits; the rest is zero. */
  loadHalf: [0xfd, 0x5d, 0, 0],
  storeHalf: [0xfd, 0x5b, 0, 0, 0],
  swizzle: [0xfd, 0x0e],
  shuffle: (lanes: readonly number[]): Code => [0xfd, 0x0d, ...lanes],
  splat: [0xfd, 0x11],
  firstLane: [0xfd, 0x1b, 0],
  bytesToShortsLow: [0xfd, 0x89, 0x01],
  bytesToShortsHigh: [0xfd, 0x8a, 0x01],
  /** Clip to 0..255. */
  shortsToBytes: [0xfd, 0x66],
  /** Clip to 16 bits, signed. */
  intsToShorts: [0xfd, 0x85, 0x01],
  shiftLeft: [0xfd, 0xab, 0x01],
  shiftRight: [0xfd, 0xac, 0x01],
  add: [0xfd, 0xae, 0x01],
  /** Products of signed 16-bit lanes, summed in pairs to 32 bits. */
  dot: [0xfd, 0xba, 0x01],
} as const;

/** A local variable or parameter. */
export interface Local {
  readonly get: Code;
  readonly set: Code;
  /** Adds an i32 to it. */
  advance(by: Code): Code;
}

/** Runs `body` until `counter`, which counts down by one each time and begins above 0, is 0. */
export function countDown(counter: Local, body: Code): Code {
  return [0x03, 0x40, ...body, ...counter.advance(constant(-1)), ...counter.get, 0x0d, 0, END];
}

export interface Function {
  readonly name: string;
  readonly parameters: number;
  readonly locals: readonly number[];
  readonly code: Code;
}

/** A function of i32 parameters without a result; `body` gets its parameters and locals by name. */
export function define<P extends string, I extends string, V extends string>(
  name: string,
  names: { readonly parameters: readonly P[]; readonly i32: readonly I[]; readonly v128: readonly V[] },
  body: (local: Readonly<Record<P | I | V, Local>>) => Code,
): Function {
  const all = [...names.parameters, ...names.i32, ...names.v128];
  const locals = Object.fromEntries(
    all.map((key, index): [string, Local] => {
      const [get, set] = [
        [0x20, index],
        [0x21, index],
      ];
      return [key, { get, set, advance: (by) => [...get, ...by, ...i32.add, ...set] }];
    }),
  ) as Record<P | I | V, Local>;
  return {
    name,
    parameters: names.parameters.length,
    locals: [2, names.i32.length, TYPES.i32, names.v128.length, TYPES.v128],
    code: [...body(locals), END],
  };
}

const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, items: readonly Code[]): Code => {
  const content = vector(items);
  return [id, ...unsigned(content.length), ...content];
};
const text = (name: string): Code => [name.length, ...Buffer.from(name)];

/** The module's bytes; it exports its functions and its `memory`. */
export function assemble(functions: readonly Function[]): Uint8Array {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      functions.map((f) => [0x60, f.parameters, ...new Array<number>(f.parameters).fill(TYPES.i32), 0]),
    ),
    ...section(
      3,
      functions.map((_, i) => [i]),
    ),
    ...section(5, [[0, 1]]),
    ...section(7, [...functions.map((f, i) => [...text(f.name), 0, i]), [...text('memory'), 2, 0]]),
    ...section(
      10,
      functions.map(({ locals, code }) => [...unsigned(locals.length + code.length), ...locals, ...code]),
    ),
  ]);
}
