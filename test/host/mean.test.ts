import assert from 'node:assert/strict';
import { meanOverHeads } from '../../src/engine-process/mean';

describe('what the engine process adds up', () => {
  it('the mean over heads', () => {
    const result = {
      rows: [0, 1],
      layers: 2,
      heads: 2,
      columns: 1,
      values: Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8]),
    };
    assert.deepEqual([...meanOverHeads(result).values], [2, 3, 6, 7]);
  });
});
