import { CONFIDENCE } from './student';
import { normalCdf, normalQuantile } from './normal';
import type { CurveSample } from './sample';
import { mersenne } from 'pure-rand/generator/mersenne';

export interface BootstrapOptions {
  /** Left out: 0. */
  readonly seed?: number;
  /** Left out: RESAMPLES. */
  readonly resamples?: number;
}

/** What Efron and Tibshirani (An Introduction to the Bootstrap, 1993, chapter 14) ask for with intervals of this kind. */
const RESAMPLES = 2000;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95% intervals of the means of curves at each layer, by resampling whole questions: all curves and layers see the same
 * resamples, so what hangs together in a question stays together. Bias-corrected and accelerated (BCa): the changes are
 * skewed, for none falls below -100%, and BCa follows the skew; no interval passes the largest or smallest value.
 * With a curve that all questions have it is
 * `scipy.stats.bootstrap((values,), numpy.mean, n_resamples=2000, random_state=numpy.random.RandomState(seed))`.
 *
 * @param questions number of questions, those included that lack a curve
 * @returns one list for each sample, one interval a layer; none where fewer than two questions have the curve
 */
export function bootstrapIntervals(
  samples: readonly CurveSample[],
  questions: number,
  { seed = 0, resamples = RESAMPLES }: BootstrapOptions = {},
): (Interval[] | undefined)[] {
  const tables = samples.map((sample) => (sample.n > 1 ? new ResampledMeans(sample, resamples) : undefined));
  const random = new RandomState(seed);
  const counts = Array.from({ length: AT_ONCE }, () => new Float64Array(questions));
  for (let done = 0; done < resamples; done += AT_ONCE) {
    const now = Math.min(AT_ONCE, resamples - done);
    for (let b = 0; b < now; b++) {
      counts[b].fill(0);
      for (let i = 0; i < questions; i++) counts[b][random.below(questions)]++;
    }
    for (const table of tables) table?.add(counts, now);
  }
  return tables.map(
    (table, i) =>
      table &&
      Array.from({ length: samples[i].width }, (_, layer) => bcaInterval(samples[i].column(layer), table.of(layer))),
  );
}

/** Resamples that one pass over the values serves. */
const AT_ONCE = 4;

/** Means of each layer in each resample. */
class ResampledMeans {
  private readonly columns: readonly Float64Array[];
  private readonly means: readonly Float64Array[];
  /** How often each question that has the curve is in each of the resamples at hand. */
  private readonly counts: readonly Float64Array[];
  private drawn = 0;

  constructor(
    private readonly sample: CurveSample,
    resamples: number,
  ) {
    this.columns = Array.from({ length: sample.width }, (_, layer) => sample.column(layer));
    this.means = this.columns.map(() => new Float64Array(resamples));
    this.counts = Array.from({ length: AT_ONCE }, () => new Float64Array(sample.n));
  }

  /** @param counts AT_ONCE resamples, of which the first `now` count */
  add(counts: readonly Float64Array[], now: number): void {
    const { sample, columns, means } = this;
    // A resample without any question that has the curve has no mean.
    const totals: number[] = [];
    for (let b = 0; b < now; b++) {
      const mine = this.counts[totals.length];
      let total = 0;
      for (let row = 0; row < sample.n; row++) total += mine[row] = counts[b][sample.owner(row)];
      if (total > 0) totals.push(total);
    }
    const sums = new Float64Array(2 * AT_ONCE);
    for (let layer = 0; layer < columns.length; layer += 2) {
      const second = Math.min(layer + 1, columns.length - 1);
      addProducts(this.counts, columns[layer], columns[second], sums);
      totals.forEach((total, b) => {
        means[layer][this.drawn + b] = sums[b] / total;
        means[second][this.drawn + b] = sums[AT_ONCE + b] / total;
      });
    }
    this.drawn += totals.length;
  }

  of(layer: number): Float64Array {
    return this.means[layer].subarray(0, this.drawn);
  }
}

/**
 * Two columns times four resamples: all sums stay in registers, twice as fast as one by one.
 * @param sums the first column's four, then the second's
 */
function addProducts(counts: readonly Float64Array[], x: Float64Array, y: Float64Array, sums: Float64Array): void {
  const [c0, c1, c2, c3] = counts as [Float64Array, Float64Array, Float64Array, Float64Array];
  let [x0, x1, x2, x3, y0, y1, y2, y3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let row = 0; row < x.length; row++) {
    const [a, b] = [x[row], y[row]];
    x0 += c0[row] * a;
    x1 += c1[row] * a;
    x2 += c2[row] * a;
    x3 += c3[row] * a;
    y0 += c0[row] * b;
    y1 += c1[row] * b;
    y2 += c2[row] * b;
    y3 += c3[row] * b;
  }
  sums.set([x0, x1, x2, x3, y0, y1, y2, y3]);
}

/** Sums in another order end in other digits; means that are equal but for those count as equal. */
const ROUNDING = 1e-12;

/** Efron's BCa interval of a mean, after its values and the means of its resamples (sorts these). */
function bcaInterval(values: Float64Array, means: Float64Array): Interval {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // As shares of the largest, for squares of the smallest numbers would be 0.
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    const d = largest === 0 ? 0 : (value - mean) / largest;
    squares += d * d;
    cubes += d * d * d;
  }
  // Nothing varies.
  if (squares <= n * ROUNDING ** 2) return { low: mean, high: mean };
  means.sort();
  const tolerance = ROUNDING * largest;
  let [below, upTo] = [0, 0];
  for (const m of means) {
    if (m < mean - tolerance) below++;
    if (m <= mean + tolerance) upTo++;
  }
  const bias = normalQuantile((below + upTo) / (2 * means.length));
  // The jackknife's values of a mean are linear in the values left out, which leaves this of it.
  const acceleration = cubes / (6 * squares ** 1.5);
  const at = (share: number): number => {
    const z = bias + normalQuantile(share);
    const level = normalCdf(bias + z / (1 - acceleration * z));
    return quantile(means, Number.isFinite(bias) ? level : share);
  };
  const outside = (1 - CONFIDENCE) / 2;
  return { low: at(outside), high: at(1 - outside) };
}

/** Between the two neighbours in proportion, as numpy does. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const rest = at - below;
  return rest === 0 ? sorted[below] : sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

/**
 * Random whole numbers from the 32-bit Mersenne Twister: the very ones that `numpy.random.RandomState(seed)` draws with
 * `randint(0, end, size)`, whose stream numpy keeps for good (NEP 19). So what is drawn here can be drawn again there.
 */
export class RandomState {
  private readonly generator: ReturnType<typeof mersenne>;

  /** @param seed 0 to 2^32 - 1 */
  constructor(seed: number) {
    this.generator = mersenne(seed);
  }

  /** A number from 0 to `end` - 1; `end` is at most 2^31. */
  below(end: number): number {
    // Numbers of as many bits as the largest needs, drawn anew while too large.
    const mask = end <= 1 ? 0 : 2 ** (32 - Math.clz32(end - 1)) - 1;
    for (;;) {
      const value = mask === 0 ? 0 : this.generator.next() & mask;
      if (value < end) return value;
    }
  }
}
