import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shortest32 } from '../../src/core/dataset/numbers';
import { random as seeded } from '../support/synthetic';
import { settingsChanges, type Settings } from '../../src/core/journal/identity';
import { capitalize, kindWords } from '../../src/core/dataset/lens-words';

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

  it('is rounded by arithmetic exactly as by writing and reading its digits', () => {
    const written = (value: number): number => {
      const exact = Math.fround(value);
      const texts = [6, 7, 8].map((digits) => exact.toPrecision(digits));
      return Number(texts.find((text) => Math.fround(Number(text)) === exact) ?? exact.toPrecision(9));
    };
    const near = (x: number): number[] => {
      const [at] = new Uint32Array(Float32Array.of(x).buffer);
      const around = Uint32Array.from({ length: 400 }, (_, i) => at + i - 200);
      return [...new Float32Array(around.buffer)];
    };
    const random = seeded(5);
    const values = [
      ...Array.from({ length: 83 }, (_, i) => near(Number(`1e${i - 44}`))).flat(),
      ...Array.from({ length: 20_000 }, () => 100 * random() ** 4),
      ...Array.from({ length: 20_000 }, () => Math.fround(10 ** (80 * random() - 40))),
      // Halves of the last digit, which both must round the same way.
      ...Array.from({ length: 5_000 }, (_, i) => [i / 8, i / 1024, i + 0.5, (i + 0.5) / 1e5]).flat(),
    ].filter(Number.isFinite);
    for (const value of values.flatMap((x) => [x, -x])) {
      if (shortest32(value) !== written(value)) assert.fail(`${value}: ${shortest32(value)}, not ${written(value)}`);
    }
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

describe('what changed since a journal was begun', () => {
  const settings = (...knockouts: string[]) => ({ knockouts }) as unknown as Settings;
  it('names the window where nothing else of the knockouts did', () => {
    const was = settings('Image->Last w3', 'Image->Last w3 h0,1', 'prune:Image');
    assert.deepEqual(settingsChanges(was, settings('Image->Last w5', 'Image->Last w5 h0,1', 'prune:Image')), ['"window"']); // prettier-ignore
    assert.deepEqual(settingsChanges(was, settings('Image->Last w5', 'Image->Last w3 h0', 'prune:Image')), ['"knockouts"']); // prettier-ignore
    assert.deepEqual(settingsChanges(was, was), []);
  });
});
