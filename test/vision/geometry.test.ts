import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Aspect, ImageGeometry, Rect } from '../../src/core/spec';
import { patchesInBoxes } from '../../src/core/vision/boxes';
import { clipEye, patchAt, processor, touches, type Shape } from './pictures';

const shape: Shape = { imageSize: 56, patchSize: 14, select: 'default' };

function geometryOf(width: number, height: number, aspect: Aspect, vision = shape): ImageGeometry {
  return clipEye(processor(vision.imageSize), vision).layOut({ width, height }, aspect).geometry;
}

const side = fc.integer({ min: 1, max: 900 });
const aspects = fc.constantFrom<Aspect>('processor', 'pad', 'anyres');
const shapes = fc.constantFrom<Shape>(shape, { imageSize: 48, patchSize: 16, select: 'default' });

const contains = (a: Rect, b: Rect): boolean =>
  a.x <= b.x && a.y <= b.y && a.x + a.width >= b.x + b.width && a.y + a.height >= b.y + b.height;
const grown = ({ x, y, width, height }: Rect, by: number): Rect => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
});

describe('image geometry', () => {
  it('finds every patch again from its rectangle', () => {
    fc.assert(
      fc.property(side, side, aspects, shapes, (width, height, aspect, vision) => {
        const geometry = geometryOf(width, height, aspect, vision);
        geometry.patches.forEach(({ kind, rect }, number) => {
          if (kind !== 'base' && kind !== 'tile') return assert.equal(rect, undefined);
          assert.ok(rect);
          for (const [fx, fy] of [
            [0.5, 0.5],
            [0.001, 0.001],
            [0.999, 0.999],
            [0.999, 0.001],
          ] as const) {
            assert.equal(patchAt(geometry, rect.x + fx * rect.width, rect.y + fy * rect.height, kind), number);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('agrees with the pixels: boxes hold the patches inside them and none beside them', () => {
    const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
    const big = fc.integer({ min: 60, max: 500 });
    fc.assert(
      fc.property(big, big, aspects, fc.tuple(fraction, fraction, fraction, fraction), (w, h, aspect, [a, b, c, d]) => {
        const x = Math.floor(a * w);
        const y = Math.floor(b * h);
        const box = [x, y, 1 + Math.floor(c * (w - x)), 1 + Math.floor(d * (h - y))] as const;
        const geometry = geometryOf(w, h, aspect);
        const inside = new Set(patchesInBoxes({ width: w, height: h }, [box], clipEye(processor(56), shape), aspect));
        // The far ends are painted too.
        const painted = { x, y, width: box[2] + 1, height: box[3] + 1 };
        geometry.patches.forEach(({ kind, rect }, number) => {
          if (!rect) return assert.ok(!inside.has(number));
          const pixel = Math.max(rect.width, rect.height) / shape.patchSize;
          if (!touches(grown(painted, pixel), rect))
            assert.ok(!inside.has(number), `${kind} patch ${number} is beside`);
          // Bicubic mixes in what lies within two pixels of the resized picture, or of the image when enlarged.
          const margin = 2 * Math.max(pixel, 1) + 1;
          if (contains(grown(painted, -margin), rect))
            assert.ok(inside.has(number), `${kind} patch ${number} is inside`);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('covers the whole image with pad and anyres, in both grids', () => {
    fc.assert(
      fc.property(side, side, fc.constantFrom<Aspect>('pad', 'anyres'), (width, height, aspect) => {
        const { grids } = geometryOf(width, height, aspect);
        const whole = { x: 0, y: 0, width, height };
        assert.ok(contains(grown(grids[0].rect, 1e-6 * (width + height)), whole));
        // Unpadding may cut up to a patch off each side of the mosaic.
        for (const { rect, rows, columns } of grids.slice(1)) {
          assert.ok(contains(grown(rect, Math.max(rect.width / columns, rect.height / rows)), whole));
        }
      }),
    );
  });

  it('places the patches of a centre crop, of padding and of tiles by hand-made numbers', () => {
    // 112 x 56 to 56 x 56: cropped to the middle, nothing resized.
    assert.deepEqual(geometryOf(112, 56, 'processor').grids[0].rect, { x: 28, y: 0, width: 56, height: 56 });
    // Padded above and below to 112 x 112, halved.
    const padded = geometryOf(112, 56, 'pad');
    assert.deepEqual(padded.patches[5].rect, { x: 28, y: 0, width: 28, height: 28 });
    assert.equal(patchAt(padded, 5, -20), 0);
    assert.equal(patchAt(padded, 5, -30), undefined);
    // One row of two tiles: patches of 14 pixels; the base grid shows all 112 x 56 in 4 x 4 patches.
    const tiled = geometryOf(112, 56, 'anyres');
    assert.deepEqual(
      tiled.grids.map(({ kind, rows, columns, cells }) => [kind, rows, columns, cells[0], cells[columns]]),
      [
        ['base', 4, 4, 0, 4],
        ['tile', 4, 8, 16, 25],
      ],
    );
    assert.equal(patchAt(tiled, 100, 50), 15);
    assert.equal(patchAt(tiled, 100, 50, 'tile'), 16 + 3 * 9 + 7);
    assert.deepEqual(tiled.patches[24], { kind: 'newline', row: 0, column: 8 });
  });
});
