/** IEEE 754 binary16, as bits. */

let table: Float32Array | undefined;

/** f32 of each of the 65,536 values. */
export function halfTable(): Float32Array {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent < 31
          ? (1 + fraction / 1024) * 2 ** (exponent - 15)
          : fraction === 0
            ? Infinity
            : NaN;
    table[bits] = bits & 0x8000 ? -size : size;
  }
  return table;
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The nearest value, ties to even; beyond 65504 infinity. */
export function toHalf(value: number): number {
  single[0] = value;
  const bits = singleBits[0];
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // 65520 lies half-way to what would be 65536
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size < 0x38800000) {
    // below 2^-14: steps of 2^-24
    return sign | roundEven(Math.abs(single[0]) * 2 ** 24);
  }
  // drop 13 bits of the fraction, the rest rounded to even; a carry into the exponent is right as it is
  const odd = (size >>> 13) & 1;
  return sign | ((size - 0x38000000 + 0xfff + odd) >>> 13);
}

function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
