import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import { bootstrapIntervals, RandomState } from '../../src/core/report/statistics/bootstrap';
import { normalTail } from '../../src/core/report/statistics/normal';
import { benjaminiHochberg, holm } from '../../src/core/report/statistics/corrections';
import { curvePoints, withTests } from '../../src/core/report/statistics/points';
import { CurveSample } from '../../src/core/report/statistics/sample';
import { meanInterval } from '../../src/core/report/statistics/student';
import { wilcoxon } from '../../src/core/report/statistics/wilcoxon';
import { changeOf } from '../../src/core/experiment/formulas';

interface Interval {
  readonly values: readonly number[];
  readonly low: number;
  readonly high: number;
}
/** Values of numpy and scipy; statistics.py beside it says how they were made. */
const SCIPY = JSON.parse(readFileSync(path.join(import.meta.dirname, 'fixtures/statistics.json'), 'utf8')) as {
  readonly resamples: number;
  readonly change: { readonly base: readonly number[]; readonly new: readonly number[]; readonly change: readonly number[] };
  readonly mean: readonly (Interval & { readonly mean: number })[];
  readonly random: { readonly seed: number; readonly end: number; readonly skip: number; readonly values: readonly number[] };
  readonly bootstrap: readonly (Interval & { readonly seed: number })[];
  readonly correlated: {
    readonly first: readonly (readonly number[])[];
    readonly second: readonly (readonly number[])[];
    readonly absent: readonly number[];
    readonly seed: number;
    readonly intervals: readonly (readonly (readonly [number, number])[])[];
  };
  readonly tail: readonly { readonly z: number; readonly p: number }[];
  readonly wilcoxon: readonly { readonly values: readonly number[]; readonly p: number }[];
  readonly corrections: readonly { readonly p: readonly number[]; readonly holm: readonly number[]; readonly bh: readonly number[] }[];
}; // prettier-ignore

const near = (got: number, wanted: number, tolerance: number, what = ''): void =>
  assert.ok(Math.abs(got - wanted) <= tolerance, `${what} ${got}, not ${wanted}`);

/** One layer. */
const column = (values: readonly number[]): CurveSample => {
  const sample = new CurveSample(1);
  values.forEach((v, i) => sample.add(i, [v]));
  return sample;
};
const interval = (values: readonly number[], seed = 0): { low: number; high: number } =>
  bootstrapIntervals([column(values)], values.length, { seed })[0]![0];

describe('statistics of a report', () => {
  it('changes, means and t intervals are those of numpy and scipy', () => {
    const { base, new: blocked, change } = SCIPY.change;
    change.forEach((wanted, i) => near(changeOf(blocked[i], base[i]), wanted, 1e-13 * Math.abs(wanted)));
    for (const { values, mean, low, high } of SCIPY.mean) {
      const got = meanInterval(values);
      assert.ok(got?.low !== undefined && got.high !== undefined);
      assert.equal(got.n, values.length);
      // Relative to the width; jStat's quantile is good to about eight digits.
      for (const [a, b] of [[got.mean, mean], [got.low, low], [got.high, high]]) near(a, b, 1e-7 * (high - low)); // prettier-ignore
    }
  });

  it('draws the numbers that numpy draws', () => {
    const { seed, end, skip, values } = SCIPY.random;
    const random = new RandomState(seed);
    for (let i = 0; i < skip; i++) random.below(end);
    assert.deepEqual(values.map(() => random.below(end)), values); // prettier-ignore
    assert.equal(random.below(1), 0);
  });

  it('bootstrap intervals are those of scipy.stats.bootstrap with the same seed', () => {
    for (const { values, seed, low, high } of SCIPY.bootstrap) {
      const got = interval(values, seed);
      near(got.low, low, 1e-8 * (high - low), `n = ${values.length}`);
      near(got.high, high, 1e-8 * (high - low), `n = ${values.length}`);
    }
  });

  it('resamples whole questions: all curves and layers see the same ones, also where a question has no such set', () => {
    const { first, second, absent, seed, intervals } = SCIPY.correlated;
    const samples = [new CurveSample(3), new CurveSample(3)];
    first.forEach((curve, i) => {
      samples[0].add(i, curve);
      if (!absent.includes(i)) samples[1].add(i, second[i]);
    });
    const got = bootstrapIntervals(samples, first.length, { seed });
    intervals.forEach((layers, i) =>
      layers.forEach(([low, high], layer) => {
        near(got[i]![layer].low, low, 1e-8 * (high - low), `curve ${i}, layer ${layer}`);
        near(got[i]![layer].high, high, 1e-8 * (high - low), `curve ${i}, layer ${layer}`);
      }),
    );
  });

  it('an interval holds its mean and passes no value, whatever the values', () => {
    const value = fc.oneof(fc.constant(0), fc.constant(-100), fc.double({ min: -100, max: 300, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 30 }), (values) => {
        const { low, high } = bootstrapIntervals([column(values)], values.length, { resamples: 200 })[0]![0];
        const { mean } = meanInterval(values)!;
        const slack = 1e-9 * Math.max(...values.map(Math.abs), 1);
        assert.ok(low >= Math.min(...values) - slack && high <= Math.max(...values) + slack, `${low} to ${high}`);
        assert.ok(low <= mean + slack && high >= mean - slack, `${low} to ${high} around ${mean}`);
      }),
    );
  });

  it('values that are all the same have an interval of no width, one value none', () => {
    assert.deepEqual(interval([-100, -100, -100]), { low: -100, high: -100 });
    assert.deepEqual(interval([0, 0]), { low: 0, high: 0 });
    assert.equal(bootstrapIntervals([column([3])], 1)[0], undefined);
    assert.deepEqual(meanInterval([3]), { n: 1, mean: 3 });
    assert.equal(meanInterval([]), undefined);
    assert.deepEqual(curvePoints([column([])], 0), [[]]);
    assert.deepEqual(curvePoints([column([3])], 1), [[{ layer: 0, n: 1, mean: 3 }]]);
  });

  it('leaves out a curve with a value that is no number, at every layer', () => {
    const sample = new CurveSample(2);
    for (const curve of [[1, 2], [NaN, 2], [1, -Infinity], [3], [5, 6]]) sample.add(sample.n, curve); // prettier-ignore
    assert.equal(sample.n, 2);
    assert.deepEqual(curvePoints([sample], 5)[0].map(({ n, mean }) => [n, mean]), [[2, 3], [2, 4]]); // prettier-ignore
  });

  it('the tail of the normal distribution is right far out', () => {
    for (const { z, p } of SCIPY.tail) near(normalTail(z) / p, 1, 1e-12, `z = ${z}`);
  });

  it("Wilcoxon's test is scipy's: exact, with ties, with zeros, and for many questions", () => {
    for (const { values, p } of SCIPY.wilcoxon) near(wilcoxon(values).p / p, 1, 1e-10, `n = ${values.length}`);
    assert.deepEqual(wilcoxon([0, 0]), { p: 1, direction: 'none', n: 0 });
    assert.equal(wilcoxon([-3, -4, 1]).direction, 'drop');
    assert.equal(wilcoxon([3, 4, -1]).direction, 'rise');
  });

  it('corrections over layers are those of Holm and of Benjamini and Hochberg', () => {
    for (const { p, holm: h, bh } of SCIPY.corrections) {
      holm(p).forEach((got, i) => near(got, h[i], 1e-15));
      benjaminiHochberg(p).forEach((got, i) => near(got, bh[i], 1e-15));
    }
    assert.deepEqual(holm([]), []);
  });

  it('a layer where nothing changes is no drop, one where all change is', () => {
    const sample = new CurveSample(2);
    for (let i = 0; i < 20; i++) sample.add(i, [i % 2 ? 1 : -1, -1 - i]);
    const [still, drop] = withTests(curvePoints([sample], 20)[0], sample).map((point) => point.test!);
    assert.ok(still.holm > 0.5);
    assert.ok(drop.direction === 'drop' && drop.holm < 1e-4 && drop.holm >= drop.bh && drop.bh >= drop.p);
  });
});
