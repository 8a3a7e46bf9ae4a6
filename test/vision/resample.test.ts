import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import type { Resample } from '../../src/core/spec';
import { crop, resize } from '../../src/core/vision/resample';
import { repositoryRoot } from '../support/golden';
import { noise, sha256 } from './pictures';

interface Recorded {
  readonly pillow: string;
  readonly cases: readonly {
    readonly seed: number;
    readonly hard: boolean;
    readonly filter: Resample;
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
    readonly sha256: string;
  }[];
}

describe('resize', () => {
  const recorded = JSON.parse(
    readFileSync(path.join(repositoryRoot, 'test/vision/fixtures/resize.json'), 'utf8'),
  ) as Recorded;
  const filters: Resample[] = ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'];

  for (const filter of filters) {
    it(`equals Pillow ${recorded.pillow} bit for bit: ${filter}`, () => {
      const cases = recorded.cases.filter((c) => c.filter === filter);
      assert.ok(cases.length > 40);
      for (const c of cases) {
        const out = resize(noise(...c.from, c.seed, c.hard), ...c.to, filter);
        assert.deepEqual([out.width, out.height], c.to);
        assert.equal(sha256(out.data), c.sha256, `${c.from.join('x')} -> ${c.to.join('x')}, seed ${c.seed}`);
      }
    });
  }

  it('computes a window as it stands in the whole result', () => {
    const size = fc.integer({ min: 1, max: 60 });
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom(...filters),
        fc.tuple(size, size, size, size),
        fc.tuple(fraction, fraction, fraction, fraction),
        fc.nat(),
        (filter, [w, h, width, height], [a, b, c, d], seed) => {
          const left = Math.floor(a * (width - 1));
          const top = Math.floor(b * (height - 1));
          const window = {
            left,
            top,
            width: 1 + Math.floor(c * (width - left - 1)),
            height: 1 + Math.floor(d * (height - top - 1)),
          };
          const image = noise(w, h, seed, seed % 2 === 0);
          assert.deepEqual(
            resize(image, width, height, filter, window),
            crop(resize(image, width, height, filter), window),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves the source untouched and shares no memory with it', () => {
    const image = noise(9, 7, 1);
    const before = sha256(image.data);
    for (const filter of filters) {
      for (const [w, h] of [
        [9, 7],
        [9, 3],
        [4, 7],
        [4, 3],
      ] as const) {
        resize(image, w, h, filter).data.fill(0);
      }
    }
    assert.equal(sha256(image.data), before);
  });
});
