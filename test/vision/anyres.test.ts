import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Unpadding } from '../../src/core/families/parts/canvas';
import type { Eye } from '../../src/core/spec';
import { prepareImage } from '../../src/core/vision/prepare';
import { repositoryRoot } from '../support/golden';
import { clipEye, noise, processor, sha256, type Shape } from './pictures';

type Row = readonly [height: number, width: number, transformers: number, original: number];
interface Recorded {
  readonly size: number;
  readonly patch: number;
  readonly pinpoints: readonly (readonly [height: number, width: number])[];
  readonly differing: readonly Row[];
  readonly alike: readonly Row[];
  readonly padding: readonly {
    readonly width: number;
    readonly height: number;
    readonly seed: number;
    readonly around: readonly [vertical: number, horizontal: number];
    readonly tiles: number;
    readonly sha256: string;
  }[];
}
const recorded = JSON.parse(
  readFileSync(path.join(repositoryRoot, 'test/vision/fixtures/anyres.json'), 'utf8'),
) as Recorded;

const shape: Shape = { imageSize: recorded.size, patchSize: recorded.patch, select: 'default' };
const withUnpadding = (unpadding?: Unpadding): Eye =>
  clipEye({ ...processor(recorded.size), gridPinpoints: recorded.pinpoints }, shape, unpadding);

describe('anyres', () => {
  it('keeps as many image tokens as transformers, and as the original code where that is asked for', () => {
    for (const [height, width, transformers, original] of [...recorded.differing, ...recorded.alike]) {
      const tokens = (unpadding?: Unpadding): number =>
        withUnpadding(unpadding).layOut({ width, height }, 'anyres').sources.length;
      const name = `${height} x ${width}`;
      assert.deepEqual([tokens(), tokens('transformers'), tokens('original')], [transformers, transformers, original], name); // prettier-ignore
    }
  });

  it('differs between the two at the 7 of the 361,201 sizes from 100 to 700 that Python found', () => {
    assert.equal(recorded.differing.length, 7);
    const [transformers, original] = [withUnpadding('transformers'), withUnpadding('original')];
    const differs = (height: number, width: number): boolean => {
      const tokens = (eye: Eye): number => eye.layOut({ width, height }, 'anyres').sources.length;
      return tokens(transformers) !== tokens(original);
    };
    // every size that has a side in common with one of them
    const found = new Set<string>();
    for (const side of new Set(recorded.differing.flatMap(([height, width]) => [height, width]))) {
      for (let other = 100; other <= 700; other++) {
        if (differs(side, other)) found.add(`${side} x ${other}`);
        if (differs(other, side)) found.add(`${other} x ${side}`);
      }
    }
    assert.deepEqual([...found].sort(), recorded.differing.map(([height, width]) => `${height} x ${width}`).sort());
  });

  for (const { width, height, seed, around, tiles, sha256: digest } of recorded.padding) {
    it(`pads ${width} x ${height} by ${around.join(' and ')} lines as transformers' Pillow-based processor`, () => {
      const made = prepareImage(noise(width, height, seed), withUnpadding(), 'anyres');
      assert.equal(made.layout.views.length, tiles);
      assert.equal(sha256(new Uint8Array(made.pixels.buffer)), digest);
    });
  }
});
