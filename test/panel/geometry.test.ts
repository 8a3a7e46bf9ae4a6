/** Patches, pixels and chosen sets without a page. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { choose, neighbour } from '../../webview/image/select';
import {
  cells,
  extent,
  fit,
  pan,
  patchAt,
  patchesIn,
  patchesInLasso,
  zoomAt,
  type View,
} from '../../webview/image/viewport';
import { choiceFor, seenShare, tilesAt, unseen, withPlaces } from '../../webview/image/places';
import { anyresGeometry, croppedGeometry, paddedGeometry, plainGeometry, sizedGeometry } from './support/synthetic';

const canvas = { width: 613, height: 488 };
const geometry = fc.oneof(
  fc
    .tuple(fc.integer({ min: 2, max: 24 }), fc.integer({ min: 50, max: 700 }), fc.integer({ min: 50, max: 700 }))
    .map(([n, w, h]) => plainGeometry(n, w, h)),
  fc
    .tuple(fc.integer({ min: 2, max: 16 }), fc.integer({ min: 50, max: 700 }))
    .map(([n, w]) => paddedGeometry(n, w, Math.ceil(w / 2))),
  fc
    .tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 2, max: 20 }), fc.integer({ min: 2, max: 20 }))
    .map(([n, r, c]) => anyresGeometry(n, r, c, 500, 321)),
  fc
    .tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 }), fc.integer({ min: 50, max: 700 }))
    .map(([r, c, w]) => sizedGeometry(r, c, w, 321)),
);
/** A view after some zooming and panning. */
const moves = fc.array(
  fc.record({
    factor: fc.double({ min: 0.4, max: 4, noNaN: true }),
    x: fc.integer({ min: 0, max: 612 }),
    y: fc.integer({ min: 0, max: 487 }),
    dx: fc.integer({ min: -300, max: 300 }),
    dy: fc.integer({ min: -300, max: 300 }),
  }),
  { maxLength: 6 },
);

describe('panel: where patches lie', () => {
  it('neighbours share their edge, and every pixel of the grid belongs to the one patch that is drawn there', () => {
    fc.assert(
      fc.property(geometry, fc.constantFrom('base' as const, 'tile' as const), moves, (g, kind, steps) => {
        const area = extent(g, kind);
        let view: View = fit(area, canvas);
        for (const s of steps) view = pan(zoomAt(view, s.factor, s.x, s.y, area, canvas), s.dx, s.dy, area, canvas);
        const list = cells(g, kind, view);
        g.patches.forEach((p, i) => {
          const cell = list[i];
          assert.equal(cell !== undefined, p.kind === kind && p.rect !== undefined);
          if (!cell) return;
          const right = g.patches.findIndex((q) => q.kind === p.kind && q.row === p.row && q.column === p.column + 1);
          if (right >= 0 && list[right]) assert.equal(list[right][0], cell[2]);
          if (cell[2] <= cell[0] || cell[3] <= cell[1]) return;
          assert.equal(patchAt(list, cell[0], cell[1]), i);
          assert.equal(patchAt(list, cell[2] - 1, cell[3] - 0.01), i);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('zooming keeps the point under the pointer and never leaves the picture', () => {
    fc.assert(
      fc.property(
        geometry,
        fc.double({ min: 1, max: 6, noNaN: true }),
        fc.integer({ min: 0, max: 612 }),
        fc.integer({ min: 0, max: 487 }),
        (g, factor, x, y) => {
          const area = extent(g, 'base');
          const first = fit(area, canvas);
          const view = zoomAt(first, factor, x, y, area, canvas);
          // Along each axis the point stays, unless that would show what lies beside the picture.
          for (const axis of ['x', 'y'] as const) {
            const [at, seen] = axis === 'x' ? [x, canvas.width] : [y, canvas.height];
            const length = axis === 'x' ? area.width : area.height;
            const room = seen / view.scale;
            const wanted = first[axis] + at / first.scale - at / view.scale;
            const kept = Math.abs(view[axis] - wanted) < 1e-6;
            if (room >= length)
              assert.ok(Math.abs(view[axis] - (area[axis] - (room - length) / 2)) < 1e-6, 'in the middle');
            else {
              assert.ok(view[axis] >= area[axis] - 1e-6 && view[axis] + room <= area[axis] + length + 1e-6, 'inside');
              assert.ok(kept || wanted < area[axis] || wanted + room > area[axis] + length, 'under the pointer');
            }
          }
          assert.ok(view.scale >= first.scale - 1e-12);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a rectangle takes what it touches, a lasso the centres inside it', () => {
    const g = plainGeometry(10, 336, 336);
    const list = cells(g, 'base', { scale: 1, x: 0, y: 0 });
    assert.deepEqual(patchesIn(list, [35, 35], [70, 40]), [11, 12]);
    assert.deepEqual(patchesIn(list, [70, 40], [35, 35]), [11, 12]);
    assert.deepEqual(
      patchesInLasso(list, [
        [0, 0],
        [100, 0],
        [0, 100],
      ]),
      [0, 1, 10],
    );
    assert.equal(patchAt(list, 336, 0), undefined);
    assert.equal(patchAt(list, -1, 0), undefined);
  });

  it('arrows stay in their grid, also past newline tokens', () => {
    const g = anyresGeometry(4, 6, 8);
    const first = 16;
    assert.equal(neighbour(g, first + 7, 'ArrowRight'), first + 7);
    assert.equal(neighbour(g, first + 7, 'ArrowDown'), first + 9 + 7);
    assert.equal(neighbour(g, first, 'ArrowUp'), first);
    assert.equal(neighbour(g, 15, 'ArrowDown'), 15);
    assert.equal(neighbour(g, 5, 'End'), 7);
    const wide = sizedGeometry(3, 5, 500, 300);
    assert.deepEqual([neighbour(wide, 1, 'ArrowDown'), neighbour(wide, 7, 'End'), neighbour(wide, 15, 'ArrowRight')], [6, 10, 15]); // prettier-ignore
  });

  it('toggles, adds and removes, in order and without doubles', () => {
    assert.deepEqual(choose([5, 1], [1, 3], 'toggle'), [3, 5]);
    assert.deepEqual(choose([5, 1], [1, 3], 'add'), [1, 3, 5]);
    assert.deepEqual(choose([5, 1], [1, 3], 'remove'), [5]);
  });

  it('a place is a patch of the whole image and the patches of the tiles on it, each once', () => {
    for (const [rows, columns] of [
      [12, 12],
      [7, 13],
      [3, 20],
      [4, 4],
    ] as const) {
      const g = anyresGeometry(6, rows, columns, 640, 430);
      const map = tilesAt(g);
      assert.equal(map.size, 36);
      const tiles = g.patches.flatMap((p, i) => (p.kind === 'tile' ? [i] : []));
      const taken = [...map.values()].flat();
      assert.ok(
        [...map.values()].every((list) => list.length > 0),
        'no place without tiles',
      );
      assert.ok(
        tiles.every((tile) => taken.includes(tile)),
        'no tile without a place',
      );
      if (rows >= 6 && columns >= 6) assert.equal(taken.length, tiles.length, 'each tile at one place');
      for (const [base, list] of map) {
        const [a, b] = [g.patches[base].rect!, g.patches[list[0]].rect!];
        const overlap = Math.min(a.x + a.width, b.x + b.width) > Math.max(a.x, b.x);
        assert.ok(overlap && Math.min(a.y + a.height, b.y + b.height) > Math.max(a.y, b.y), `${base} and ${list[0]}`);
      }
    }
    const g = anyresGeometry(6, 12, 12);
    assert.deepEqual(withPlaces(g, 'both', [0]), [0, 36, 37, 36 + 13, 37 + 13]);
    assert.deepEqual(withPlaces(g, 'base', [0]), [0]);
    assert.deepEqual(withPlaces(g, 'tile', [36]), [36]);
    assert.equal(choiceFor(plainGeometry(4), 'both'), 'base');
    assert.equal(choiceFor(g, 'both'), 'both');
  });

  it('knows what of a picture the model does not see', () => {
    assert.equal(seenShare(plainGeometry(4)), undefined);
    assert.equal(seenShare(anyresGeometry(4, 6, 8)), undefined);
    assert.equal(seenShare(paddedGeometry(4)), undefined, 'padding is no part of the picture');
    const g = croppedGeometry(4);
    assert.ok(Math.abs(seenShare(g)! - 0.15) < 1e-9);
    assert.deepEqual(unseen(g), [
      { x: 0, y: 0, width: 300, height: 850 },
      { x: 0, y: 1150, width: 300, height: 850 },
    ]);
  });
});
