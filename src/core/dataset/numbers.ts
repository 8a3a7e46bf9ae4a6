/** Nine significant digits tell any two float32 apart; most need fewer. */
const MOST_DIGITS = 9;
const LEAST_DIGITS = 6;

/**
 * The shortest decimal number that is still the same float32. Probabilities come out of a float32 model; more digits
 * would be noise, would double the journal, and this way the bytes of a result are decided once, when it is computed.
 */
export function shortest32(value: number): number {
  const exact = Math.fround(value);
  if (exact === 0) return 0;
  if (!Number.isFinite(exact)) return exact;
  const exponent = Math.floor(Math.log10(Math.abs(exact)));
  for (let digits = LEAST_DIGITS; digits < MOST_DIGITS; digits++) {
    const short = rounded(exact, digits, exponent);
    if (Math.fround(short) === exact) return short;
  }
  return rounded(exact, MOST_DIGITS, exponent);
}

export const shortest32All = (values: readonly number[]): number[] => values.map(shortest32);

/** Powers of ten that are exact as numbers. */
const TENS = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
/** Scaling errs by less. */
const NEARLY = 1e-6;

/**
 * Number(value.toPrecision(digits)), five times as fast where arithmetic is sure to give the same: a table of a million
 * questions has a hundred million of them. An integer divided by an exact power of ten is the number nearest to that
 * decimal, as reading its text would be.
 */
function rounded(value: number, digits: number, exponent: number): number {
  const places = digits - 1 - exponent;
  if (places >= 0 && places < TENS.length) {
    const scaled = value * TENS[places];
    const size = Math.abs(scaled);
    const half = Math.abs(size - Math.floor(size) - 0.5);
    if (half > NEARLY && size > TENS[digits - 1] && size < TENS[digits]) return Math.round(scaled) / TENS[places];
  }
  return Number(value.toPrecision(digits));
}
