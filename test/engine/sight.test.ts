import assert from 'node:assert/strict';
import fc from 'fast-check';
import { edgeEffect, effectOf } from '../../src/core/engine/effects';
import { blockOf, Sight } from '../../src/core/engine/sight';
import type { Span } from '../../src/core/engine/types';

const LENGTH = 24;
const block = fc
  .tuple(fc.integer({ min: 0, max: LENGTH - 1 }), fc.integer({ min: 1, max: LENGTH }))
  .map(([start, rows]): Span => [start, Math.min(LENGTH, start + rows)]);
const sights = fc.option(block, { nil: undefined }).map((both) => new Sight(both));
const rows = fc
  .uniqueArray(fc.integer({ min: 0, max: LENGTH - 1 }), { minLength: 1 })
  .map((r) => r.sort((a, b) => a - b));
const all = Array.from({ length: LENGTH }, (_, i) => i);

/** The rule itself: all before, and all of the block for a row of it. */
const sees = ({ both }: Sight, t: number, s: number): boolean =>
  s <= t || (both !== undefined && [s, t].every((row) => row >= both[0] && row < both[1]));

describe('who sees whom', () => {
  it('is all before, and within the block all of it', () => {
    fc.assert(
      fc.property(sights, fc.option(fc.integer({ min: 1, max: LENGTH }), { nil: undefined }), (sight, window) => {
        const mask = sight.mask(0, LENGTH, window);
        assert.deepEqual(mask.dims, [1, 1, 1, LENGTH, LENGTH]);
        for (const t of all) {
          for (const s of all) {
            const want = sees(sight, t, s) && t - s < (window ?? Infinity);
            assert.equal(sight.sees(t, s, window), want, `${t} ${s}`);
            assert.equal(mask.data[t * LENGTH + s], want ? 1 : 0, `mask ${t} ${s}`);
          }
        }
      }),
    );
  });

  it('says what block a rule has', () => {
    assert.equal(blockOf('causal', [3, 9], 20), undefined);
    assert.deepEqual(blockOf('picture', [3, 9], 20), [3, 9]);
    assert.deepEqual(blockOf('prompt', [3, 9], 20), [0, 20]);
  });

  it('is cut only where no row before the cut sees one behind it', () => {
    fc.assert(
      fc.property(sights, fc.integer({ min: 1, max: LENGTH }), (sight, most) => {
        const runs = sight.runs(0, LENGTH, most);
        assert.deepEqual([0, ...runs.map(([, end]) => end)], [...runs.map(([start]) => start), LENGTH]);
        for (const [start, end] of runs) {
          const whole = sight.both?.[0] === start && sight.both[1] === end;
          assert.ok(end > start && (end - start <= most || whole), `${start} to ${end} of ${most}`);
          for (let t = 0; t < end; t++) for (let s = end; s < LENGTH; s++) assert.ok(!sight.sees(t, s), `${t} ${s}`);
          // what the mask of the call has no columns for is seen by none of its rows
          assert.equal(sight.mask(start, end - start).data.length, (end - start) * end);
        }
      }),
    );
  });

  it('refuses to be cut elsewhere', () => {
    const sight = new Sight([5, 9]);
    for (const [past, count] of [
      [0, 7],
      [6, 3],
      [7, 1],
    ]) {
      assert.throws(() => sight.mask(past, count), { message: /cut the block of rows 5 to 9/ });
    }
  });

  it('tells the first row that a knockout can change: none before it sees a changed row', () => {
    fc.assert(
      fc.property(sights, rows, rows, fc.boolean(), (sight, targets, sources, sublayer) => {
        const resolve = (set: string): readonly number[] => (set === 'to' ? targets : sources);
        const effect = sublayer
          ? effectOf({ kind: 'mlp', of: 'to', window: 1 }, resolve, LENGTH, 4, sight)
          : effectOf({ kind: 'edge', from: 'from', to: 'to', window: 1 }, resolve, LENGTH, 4, sight);
        // rows that change in the layer itself, then in one after another
        const changed = new Set(sublayer ? targets : targets.filter((t) => sources.some((s) => sees(sight, t, s))));
        assert.deepEqual(effect.targets, sublayer ? targets : [...changed]);
        for (let layer = 0; layer < LENGTH; layer++) {
          for (const t of all) if ([...changed].some((s) => sees(sight, t, s))) changed.add(t);
        }
        assert.equal(effect.first, changed.size === 0 ? undefined : Math.min(...changed));
      }),
    );
  });

  it('hides dropped rows from all that stay and see them, before them in the block as well', () => {
    const prune = (sight: Sight): object => effectOf({ kind: 'prune', of: 'x' }, () => [5, 6], 10, 4, sight);
    assert.deepEqual(prune(new Sight()), { targets: [7, 8, 9], sources: [5, 6], first: 7 });
    assert.deepEqual(prune(new Sight([3, 8])), { targets: [3, 4, 7, 8, 9], sources: [5, 6], first: 3 });
    assert.deepEqual(edgeEffect([1, 2], [3], new Sight()), { targets: [], sources: [3], first: undefined });
  });
});
