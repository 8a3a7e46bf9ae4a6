import assert from 'node:assert/strict';
import { LayerStatistics, meanInterval } from '../../src/core/report/statistics';

/**
 * Made once with scipy 1.17.1 and numpy 2.4.6:
 *   lo, hi = stats.t.interval(0.95, len(v) - 1, loc=numpy.mean(v), scale=stats.sem(v)); print(numpy.mean(v), lo, hi)
 */
const SCIPY: readonly { readonly values: readonly number[]; readonly mean: number; readonly low: number; readonly high: number }[] = [
  { values: [1, 2], mean: 1.5, low: -4.853102368087347, high: 7.853102368087347 },
  { values: [-98.5, -12.25, 0.5, 3, -40], mean: -29.45, low: -81.85443603139943, high: 22.95443603139943 },
  { values: [0.1, 0.1, 0.1, 0.2], mean: 0.125, low: 0.045438842367907295, high: 0.2045611576320927 },
  {
    // numpy.round(numpy.sin(numpy.arange(200)) * 50, 3)
    values: Array.from({ length: 200 }, (_, i) => Number((Math.sin(i) * 50).toFixed(3))),
    mean: 0.22644499999999992, low: -4.709666271006454, high: 5.162556271006454,
  },
]; // prettier-ignore

describe('statistics of a report', () => {
  it('means and intervals are those of scipy', () => {
    for (const { values, mean, low, high } of SCIPY) {
      const got = meanInterval(values);
      assert.ok(got?.low !== undefined && got.high !== undefined);
      assert.equal(got.n, values.length);
      // Relative to the width; jStat's quantile is good to about eight digits.
      const close = (a: number, b: number) => Math.abs(a - b) < 1e-7 * (high - low);
      assert.ok(close(got.mean, mean) && close(got.low, low) && close(got.high, high), JSON.stringify(got));
    }
  });

  it('one value has no interval, none has no mean', () => {
    assert.deepEqual(meanInterval([3]), { n: 1, mean: 3 });
    assert.equal(meanInterval([]), undefined);
  });

  it('leaves layers out that no question has', () => {
    const statistics = new LayerStatistics(3);
    statistics.add([1, 2]);
    statistics.add([3, 4]);
    assert.deepEqual(statistics.points().map(({ layer, mean }) => [layer, mean]), [[0, 2], [1, 3]]); // prettier-ignore
    assert.equal(statistics.n, 2);
  });
});
