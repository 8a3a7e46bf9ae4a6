import assert from 'node:assert/strict';
import { effectOf } from '../../src/core/engine/effects';
import { Sight } from '../../src/core/engine/sight';

describe('a prune', () => {
  const prune = (rows: readonly number[]) => effectOf({ kind: 'prune', of: 'mine' }, () => rows, 10, 4, new Sight());

  it('hides the dropped rows from every row that stays', () => {
    assert.deepEqual(prune([3, 4, 7]), { targets: [5, 6, 8, 9], sources: [3, 4, 7], first: 5 });
  });

  it('of the row that the answer is read from is refused: a curve of zeros would say it does not matter', () => {
    for (const rows of [[9], [3, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
      assert.throws(() => prune(rows), {
        kind: 'usage',
        message: /^"mine" cannot be dropped/,
        hint: /without the last/,
      });
    }
  });
});
