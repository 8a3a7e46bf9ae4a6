import assert from 'node:assert/strict';
import fc from 'fast-check';
import { standardDeviation } from 'simple-statistics';
import { outliers } from '../../src/core/report/statistics/outliers';

describe('outliers', () => {
  it('the question that differs is furthest, and equal ones are none', () => {
    const even = Array.from({ length: 9 }, (_, i) => [[i % 2, 1]]);
    const far = outliers([...even, [[50, 1]]]);
    assert.equal(far.indexOf(Math.max(...far)), 9);
    assert.deepEqual(outliers([[[1]], [[1]], [[1]]]), [0, 0, 0]);
    assert.deepEqual(outliers([[[1]], [[9]]]), [0, 0], 'two questions have no mean to be far from');
    assert.deepEqual(outliers([]), []);
  });
  it('never negative, no layer missed, absent curves do not count', () => {
    const curve = fc.option(fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 4, maxLength: 4 }), {
      nil: null,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(curve, curve), { minLength: 3, maxLength: 12 }), (questions) => {
        const far = outliers(questions);
        questions.forEach((curves, at) => {
          const expected = curves.flatMap((points, k) =>
            (points ?? []).map((value, layer) => {
              const all = questions.flatMap((q) => (q[k] ? [q[k][layer]] : []));
              if (all.length < 3) return 0;
              const mean = all.reduce((a, b) => a + b, 0) / all.length;
              const deviation = standardDeviation(all) * Math.sqrt(all.length / (all.length - 1));
              return deviation < 1 ? 0 : Math.abs(value - mean) / deviation;
            }),
          );
          assert.ok(Math.abs(far[at] - Math.max(0, ...expected)) < 1e-6);
        });
      }),
    );
  });
});
