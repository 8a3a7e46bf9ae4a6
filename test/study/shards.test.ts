import assert from 'node:assert/strict';
import type { DatasetRow } from '../../src/core/dataset/rows';
import { rowsOfShard, shardsWith } from '../../src/core/study/shards';
import { random as seeded } from '../support/synthetic';

describe('shards', () => {
  it('that have rows of a kind are those whose own rows do', () => {
    const random = seeded(11);
    for (let round = 0; round < 100; round++) {
      const pictures = 1 + Math.floor(20 * random());
      const rows = Array.from({ length: Math.floor(40 * random()) }, (_, index): DatasetRow => {
        const image = `/${Math.floor(pictures * random())}.jpg`;
        return { index, image } as DatasetRow;
      });
      const count = 1 + Math.floor(8 * random());
      const done = new Set(rows.filter(() => random() < 0.7));
      const wanted = Array.from({ length: count }, (_, i) => i + 1).filter((index) =>
        rowsOfShard(rows, { index, count }).some((row) => !done.has(row)),
      );
      assert.deepEqual(
        [...shardsWith(rows, count, (row) => !done.has(row))].sort((a, b) => a - b),
        wanted,
      );
    }
  });
});
