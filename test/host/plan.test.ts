import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Curve } from '../../src/core/engine/types';
import { curveKey, planRound, wanted, type Have, type Wanted } from '../../src/host/live/plan';
import { experiment } from './support';

const WORDS = ['red', 'Red'];
const want = (change: Record<string, unknown> = {}): Wanted => wanted(experiment(change), WORDS)!;
/** As if a round for this had been done. */
const done = (all: Wanted): Have => ({
  model: all.model,
  seen: all.seen,
  sets: all.sets,
  clean: true,
  words: all.words,
  curves: new Map(all.knockouts.map(({ key, knockout }) => [key, { knockout } as Curve])),
});
const SETS = { a: { patches: [1, 2] }, b: { not: 'a' }, c: { text: 'star' } };

describe('what a change makes stale', () => {
  it('nothing, when nothing changed', () => {
    const plan = planRound(done(want({ sets: SETS })), want({ sets: SETS }));
    assert.deepEqual([plan.open, plan.prepare, plan.clean, plan.lens, plan.compute], [false, 'no', false, false, []]);
  });

  it('everything, at first', () => {
    const plan = planRound(undefined, want());
    assert.deepEqual([plan.open, plan.prepare, plan.clean, plan.lens, plan.compute], [true, 'all', true, true, [0, 1]]);
  });

  it('the curves of a set, of sets made from it, and no others', () => {
    const knockouts = ['a->Question', 'b->Question', 'c->Last', 'Image->Last'];
    const plan = planRound(
      done(want({ sets: SETS, knockouts })),
      want({ sets: { ...SETS, a: { patches: [1, 2, 3] } }, knockouts }),
    );
    assert.deepEqual([plan.prepare, plan.clean, plan.lens, plan.compute], ['sets', false, false, [0, 1]]);
  });

  it('all curves when the window changes, but neither answer nor lens', () => {
    const plan = planRound(done(want()), want({ window: 5 }));
    assert.deepEqual([plan.prepare, plan.clean, plan.lens, plan.compute], ['no', false, false, [0, 1]]);
  });

  it('everything but the model when the question changes', () => {
    const plan = planRound(done(want()), want({ question: 'Is the white shape a star or a circle?' }));
    assert.deepEqual(
      [plan.open, plan.prepare, plan.clean, plan.lens, plan.compute],
      [false, 'all', true, true, [0, 1]],
    );
  });

  it('the lens alone when its words change', () => {
    const plan = planRound(done(want()), wanted(experiment(), ['star'])!);
    assert.deepEqual([plan.prepare, plan.clean, plan.lens, plan.compute], ['no', false, true, []]);
  });

  it('has no live example for a data set', () => {
    const {
      image: _image,
      question: _question,
      answer: _answer,
      options: _options,
      ...rest
    } = {
      image: undefined,
      question: undefined,
      answer: undefined,
      options: undefined,
      dataset: { csv: 'x_ChooseAttr.csv', images: 'images' },
    };
    const read = experiment({ ...rest, image: undefined, question: undefined, answer: undefined, options: undefined });
    assert.equal(wanted(read, []), undefined);
  });

  it('keeps every curve whose key is the same, in any order and number of knockouts', () => {
    const edges = ['a->Question', 'b->Last', 'c->Last', 'Image->Last', 'Question->Last', 'Last->Last'];
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...edges)), fc.uniqueArray(fc.constantFrom(...edges)), (old, now) => {
        const plan = planRound(done(want({ sets: SETS, knockouts: old })), want({ sets: SETS, knockouts: now }));
        now.forEach((edge, i) => {
          assert.equal(plan.compute.includes(i), !old.includes(edge));
          assert.equal(plan.kept[i] === null, !old.includes(edge));
        });
      }),
    );
  });

  it('does not hang on sets that are defined by each other', () => {
    const sets = { x: { kind: 'not', of: 'y' }, y: { kind: 'not', of: 'x' } } as const;
    assert.ok(curveKey({ kind: 'edge', from: 'x', to: 'Last', window: 1 }, sets, 'fork').includes('not'));
  });
});
