import assert from 'node:assert/strict';
import { freeName, nameProblem } from '../../src/host/panel/new-set';

describe('names of a new patch set', () => {
  it('are free, and refused with a reason where they are not', () => {
    const sets = { clicked: {}, 'clicked 2': {} };
    assert.deepEqual([freeName({}), freeName(sets)], ['clicked', 'clicked 3']);
    for (const [name, why] of [
      [' ', /needs a name/],
      ['a->b', /stands between/],
      [' Image ', /every experiment has/],
      ['clicked', /already/],
    ] as const)
      assert.match(nameProblem(name, sets) ?? '', why);
    for (const name of ['sky', 'toString', 'das Rot']) assert.equal(nameProblem(name, sets), undefined);
  });
});
