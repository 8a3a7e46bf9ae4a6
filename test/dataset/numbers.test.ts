import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shortest32 } from '../../src/core/dataset/numbers';
import { capitalize, kindWords } from '../../src/core/dataset/words';

describe('numbers and words of results', () => {
  it('a number is the same float32 after writing and reading, in at most nine digits', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
        const short = shortest32(x);
        assert.equal(Math.fround(Number(JSON.stringify(short))), x === 0 ? 0 : Math.fround(x));
        assert.ok(short === Number(short.toPrecision(9)));
        assert.equal(shortest32(short), short);
      }),
    );
    assert.equal(String(shortest32(Math.fround(0.1))), '0.1');
  });

  it('capitalises as Python does', () => {
    assert.deepEqual(['red', 'RED', 'light blue', 'élan', ''].map(capitalize), [
      'Red',
      'Red',
      'Light blue',
      'Élan',
      '',
    ]);
  });

  it('follows the options where there are some, else the answer in lower case', () => {
    assert.deepEqual(kindWords({ answer: 'Yes' }), { 'Noncapitalized Answer': 'yes', 'Capitalized Answer': 'Yes' });
    assert.deepEqual(Object.values(kindWords({ answer: 'x', options: ['left', 'right'] })), [
      'left',
      'Left',
      'right',
      'Right',
    ]);
  });
});
