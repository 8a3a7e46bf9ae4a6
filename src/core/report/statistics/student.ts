import { jStat } from 'jstat';

/** A mean over questions with its 95% interval. */
export interface MeanInterval {
  readonly n: number;
  readonly mean: number;
  /** Left out for a single value, which says nothing about its spread. */
  readonly low?: number;
  readonly high?: number;
}

/** Share of intervals that hold the true mean. */
export const CONFIDENCE = 0.95;

/**
 * Mean and two-sided interval by Student's t with n - 1 degrees of freedom:
 * mean ± t(0.975, n - 1) · s / √n, s the sample standard deviation. Undefined for no values.
 */
export function meanInterval(values: readonly number[]): MeanInterval | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const mean = jStat.mean([...values]);
  if (n === 1) return { n, mean };
  const half = (jStat.studentt.inv((1 + CONFIDENCE) / 2, n - 1) * jStat.stdev([...values], true)) / Math.sqrt(n);
  return { n, mean, low: mean - half, high: mean + half };
}
