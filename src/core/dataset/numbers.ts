/**
 * The shortest decimal number that is still the same float32. Probabilities come out of a float32 model; more digits
 * would be noise, would double the journal, and this way the bytes of a result are decided once, when it is computed.
 */
export function shortest32(value: number): number {
  const exact = Math.fround(value);
  if (!Number.isFinite(exact)) return exact;
  // Nine significant digits tell any two float32 apart; most need fewer.
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(exact.toPrecision(digits));
    if (Math.fround(short) === exact) return short;
  }
  return Number(exact.toPrecision(9));
}

export const shortest32All = (values: readonly number[]): number[] => values.map(shortest32);
