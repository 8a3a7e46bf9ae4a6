import { jStat } from 'jstat';

/** Quantile of the standard normal distribution; `p` between 0 and 1, which give -∞ and ∞. */
export const normalQuantile = (p: number): number =>
  p <= 0 ? -Infinity : p >= 1 ? Infinity : jStat.normal.inv(p, 0, 1);

/** P(Z ≤ z). */
export const normalCdf = (z: number): number => (z > 0 ? 1 - normalTail(z) : normalTail(-z));

/** From here on the continued fraction takes fewer terms than the series. */
const FAR = 2.5;
const TERMS = 80;

/**
 * P(Z > z) for z ≥ 0, to about 14 digits wherever it lies: 1 - cdf would be 0 beyond z = 8, and a test of a thousand
 * questions goes to 27. Near 0 the series of the cdf, far off Laplace's continued fraction (Abramowitz and Stegun,
 * 26.2.11 and 26.2.14).
 */
export function normalTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < FAR) {
    let [sum, term] = [z, z];
    for (let n = 1; n < TERMS; n++) sum += term *= (z * z) / (2 * n + 1);
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let n = TERMS; n > 0; n--) fraction = z + n / fraction;
  return density / fraction;
}
