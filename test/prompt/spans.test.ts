import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { findSpan } from '../../src/core/prompt/spans';

/** golden.py's `spans`, line for line. */
function published(toks: readonly string[], text: string): [number, number] | undefined {
  const at = toks.join('').indexOf(text);
  if (at < 0) return undefined;
  let loc = 0;
  let start: number | undefined;
  let end: number | undefined;
  for (const [i, t] of toks.entries()) {
    loc += t.length;
    if (start === undefined && loc > at) start = i;
    if (end === undefined && loc >= at + text.length) {
      end = i + 1;
      break;
    }
  }
  return [start!, end!];
}

describe('findSpan', () => {
  it('takes the tokens that reach into the text', () => {
    const pieces = [' ', '\n', 'Is', ' the', ' star', ' red', '?'];
    assert.deepEqual(findSpan(pieces, 'Is the star red?'), { start: 2, end: 7 });
    assert.deepEqual(findSpan(pieces, 'star'), { start: 4, end: 5 });
    assert.deepEqual(findSpan(pieces, 'tar r'), { start: 4, end: 6 });
  });

  it('counts places from 1, overlapping ones too', () => {
    const pieces = ['a', 'na', 'na'];
    assert.deepEqual(findSpan(pieces, 'ana', 1), { start: 0, end: 2 });
    assert.deepEqual(findSpan(pieces, 'ana', 2), { start: 1, end: 3 });
    assert.equal(findSpan(pieces, 'ana', 3), undefined);
    assert.equal(findSpan(pieces, 'ana', 0), undefined);
    assert.equal(findSpan(pieces, ''), undefined);
    assert.equal(findSpan([], 'a'), undefined);
  });

  it('finds what the published algorithm finds', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }), fc.string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 1, maxLength: 6 }), (pieces, text) => {
        const span = findSpan(pieces, text);
        assert.deepEqual(span && [span.start, span.end], published(pieces, text));
      }),
      { numRuns: 2000 },
    ); // prettier-ignore
  });
});
