/** Several tests at once: what their p-values become. */

/**
 * Holm's step-down correction: bounds the chance of even one false find among all. Sorted upward, the i-th of m (from
 * 0) is multiplied by m - i; none is smaller than the one before.
 */
export function holm(p: readonly number[]): number[] {
  const order = upward(p);
  const corrected = new Array<number>(p.length);
  let least = 0;
  order.forEach((at, i) => (corrected[at] = least = Math.max(least, Math.min(1, p[at] * (p.length - i)))));
  return corrected;
}

/** Benjamini and Hochberg's correction: bounds the expected share of false finds among the finds. */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = upward(p);
  const corrected = new Array<number>(p.length);
  let most = 1;
  for (let i = p.length - 1; i >= 0; i--) {
    corrected[order[i]] = most = Math.min(most, (p[order[i]] * p.length) / (i + 1));
  }
  return corrected;
}

const upward = (p: readonly number[]): number[] => p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
