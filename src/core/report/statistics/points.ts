import { bootstrapIntervals, type BootstrapOptions } from './bootstrap';
import { benjaminiHochberg, holm } from './corrections';
import type { CurveSample } from './sample';
import { meanInterval, type MeanInterval } from './student';
import { wilcoxon, type SignedRank } from './wilcoxon';

/** What is known of a curve at one layer. */
export interface LayerPoint extends MeanInterval {
  readonly layer: number;
  /** `low` and `high` are of the bootstrap over questions; these are of Student's t, which may pass -100%. */
  readonly tLow?: number;
  readonly tHigh?: number;
  readonly test?: LayerTest;
}

/** Wilcoxon's signed-rank test over questions: blocked against clean probability. */
export interface LayerTest extends Pick<SignedRank, 'p' | 'direction'> {
  /** The same after Holm's correction over the layers of the curve. */
  readonly holm: number;
  /** After Benjamini and Hochberg's. */
  readonly bh: number;
}

/** A corrected p-value below this is shown as significant. */
export const SIGNIFICANT = 0.05;

/** Curves of many questions, reduced to points; none for a curve that no question has. */
export function curvePoints(
  samples: readonly CurveSample[],
  questions: number,
  options: BootstrapOptions = {},
): LayerPoint[][] {
  const intervals = bootstrapIntervals(samples, questions, options);
  return samples.map((sample, i) =>
    Array.from({ length: sample.n === 0 ? 0 : sample.width }, (_, layer): LayerPoint => {
      const { low: tLow, high: tHigh, ...mean } = meanInterval([...sample.column(layer)])!;
      return { layer, ...mean, ...intervals[i]?.[layer], ...(tLow === undefined ? {} : { tLow, tHigh: tHigh! }) };
    }),
  );
}

/** Adds the test of each layer. One question can show nothing and is not tested. */
export function withTests(points: readonly LayerPoint[], differences: CurveSample): LayerPoint[] {
  if (differences.n < 2) return [...points];
  const tests = points.map(({ layer }) => wilcoxon(differences.column(layer)));
  const p = tests.map((test) => test.p);
  const [holms, bhs] = [holm(p), benjaminiHochberg(p)];
  return points.map((point, i) => ({
    ...point,
    test: { p: p[i], direction: tests[i].direction, holm: holms[i], bh: bhs[i] },
  }));
}
