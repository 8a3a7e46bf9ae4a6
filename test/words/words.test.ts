import assert from 'node:assert/strict';
import {
  change,
  count,
  downloadSize,
  duration,
  parameters,
  percent,
  plural,
  shortDuration,
  size,
} from '../../src/core/words';
import { nearest } from '../../src/core/words/nearest';

/** Each case: a value and how it reads. */
const reads = <T>(word: (value: T) => string, cases: readonly [T, string][]): void =>
  assert.deepEqual(
    cases.map(([value]) => word(value)),
    cases.map(([, text]) => text),
  );

describe('words for numbers', () => {
  it('say a time in two units at most, and leave out what is nothing', () =>
    reads(duration, [
      [-1, '0 s'],
      [0.4, '0 s'],
      [4.2, '4 s'],
      [59.5, '1 min'],
      [60, '1 min'],
      [200, '3 min 20 s'],
      [3599.6, '1 h'],
      [3900, '1 h 5 min'],
      [7200, '2 h'],
      [363_600, '101 h'],
    ]));

  it('say a measured time as exactly as it is felt', () =>
    reads(shortDuration, [
      [0.0001, '1 ms'],
      [0.0354, '35 ms'],
      [0.0994, '99 ms'],
      [0.0996, '0.1 s'],
      [0.44, '0.4 s'],
      [9.94, '9.9 s'],
      [9.96, '10 s'],
      [90, '1 min 30 s'],
    ]));

  it('say memory in powers of 1024', () =>
    reads(size, [
      [0, '0 bytes'],
      [1023, '1023 bytes'],
      [1024, '1.0 KiB'],
      [1.5 * 1024 ** 3, '1.5 GiB'],
      [13 * 1024 ** 3, '13 GiB'],
      [2048 * 1024 ** 4, '2048 TiB'],
    ]));

  it('say downloads in powers of 1000', () =>
    reads(downloadSize, [
      [0, '0 bytes'],
      [1, '1 byte'],
      [999, '999 bytes'],
      [1000, '1.0 kB'],
      [14.1e9, '14.1 GB'],
      [999_949, '999.9 kB'],
      [999_950, '1.0 MB'],
      [2e15, '2000.0 TB'],
    ]));

  it('say a change with its sign, and none where it rounds to nothing', () =>
    reads(change, [
      [-92.14, '−92.1 %'],
      [0.31, '+0.3 %'],
      [0.04, '0.0 %'],
      [-0.04, '0.0 %'],
      [1234.56, '+1234.6 %'],
      [NaN, '–'],
    ]));

  it('say a share so that only nothing is 0 % and only all is 100 %', () =>
    reads(percent, [
      [0, '0 %'],
      [0.00005, '< 0.01 %'],
      [0.0004, '0.040 %'],
      [0.9996, '99.96 %'],
      [0.999999, '> 99.99 %'],
      [1, '100.0 %'],
      [NaN, '–'],
    ]));

  it('count', () => {
    reads(count, [
      [7, '7'],
      [12_345, '12,345'],
    ]);
    assert.deepEqual(
      [plural(1, 'box', 'boxes'), plural(0, 'box', 'boxes'), plural(2000, 'question')],
      ['1 box', '0 boxes', '2,000 questions'],
    );
    reads(parameters, [
      [7.06e9, '7.1 billion'],
      [21.3e6, '21.3 million'],
      [21_300, '21,300'],
    ]);
  });
});

describe('the nearest name', () => {
  const names = ['Image', 'Image patches', 'Last', 'Question'];
  it('is known by few edits, case apart', () => assert.equal(nearest('qestion', names), 'Question'));
  it('may have two letters swapped', () => assert.equal(nearest('Lsat', names), 'Last'));
  it('is none where too much differs', () => assert.equal(nearest('System', names), undefined));
  it('is the first of equals', () => assert.equal(nearest('ab', ['ac', 'ad']), 'ac'));
});
