import { normalTail } from './normal';

export interface SignedRank {
  /** Two-sided. */
  readonly p: number;
  /** Which way the ranks lean. */
  readonly direction: 'drop' | 'rise' | 'none';
  /** Differences that are not zero. */
  readonly n: number;
}

/** Up to so many differences the distribution is exact, beyond it normal; as scipy does where there are no ties. */
const MOST_EXACT = 50;

/**
 * Wilcoxon's signed-rank test of paired differences against symmetry about zero. Zeros are left out; equal sizes share
 * the mean of their ranks. Exact up to 50 differences, with ties as well; else the normal approximation with its
 * correction for ties, without one for continuity. Equals `scipy.stats.wilcoxon(differences)`, which by itself is exact
 * with ties up to 13 differences; above it needs `method=PermutationMethod(n_resamples=inf)`, and patience.
 */
export function wilcoxon(differences: ArrayLike<number>): SignedRank {
  const nonzero = Float64Array.from(differences).filter((d) => d !== 0);
  const n = nonzero.length;
  if (n === 0) return { p: 1, direction: 'none', n };
  nonzero.sort((a, b) => Math.abs(a) - Math.abs(b));
  // Twice the rank, for the mean of two neighbouring ranks is a half.
  const ranks = new Int32Array(n);
  let [tied, positive] = [0, 0];
  for (let from = 0, to = 0; from < n; from = to) {
    while (to < n && Math.abs(nonzero[to]) === Math.abs(nonzero[from])) to++;
    tied += (to - from) ** 3 - (to - from);
    ranks.fill(from + 1 + to, from, to);
  }
  for (let i = 0; i < n; i++) if (nonzero[i] > 0) positive += ranks[i];
  const middle = (n * (n + 1)) / 2;
  const direction = positive < middle ? 'drop' : positive > middle ? 'rise' : 'none';
  if (n <= MOST_EXACT) return { p: exact(ranks, positive), direction, n };
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1) - tied / 2) / 24);
  return { p: Math.min(1, 2 * normalTail(Math.abs(positive - middle) / 2 / deviation)), direction, n };
}

/** Twice the smaller tail of the sum of ranks, every choice of signs being equally likely. */
function exact(ranks: Int32Array, positive: number): number {
  const total = ranks.reduce((a, b) => a + b, 0);
  // ways[s]: choices of signs whose positive ranks sum to s; at most 2^50, exact in a double.
  const ways = new Float64Array(total + 1);
  ways[0] = 1;
  let reach = 0;
  for (const rank of ranks) {
    reach += rank;
    for (let s = reach; s >= rank; s--) ways[s] += ways[s - rank];
  }
  // The distribution is symmetric, so the smaller tail is the one up to the smaller sum.
  const end = Math.min(positive, total - positive);
  let tail = 0;
  for (let s = 0; s <= end; s++) tail += ways[s];
  return Math.min(1, (2 * tail) / 2 ** ranks.length);
}
