import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CrossflowError } from '../../src/core/errors';
import { openCheckpoint } from '../../src/core/families';
import type { CanvasProcessor } from '../../src/core/families/parts/canvas';
import type { Aspect, Size } from '../../src/core/spec';
import { patchesInBoxes } from '../../src/core/vision/boxes';
import { decodeImage } from '../../src/core/vision/decode';
import type { Box } from '../../src/core/vision/image';
import { prepareImage } from '../../src/core/vision/prepare';
import { GOLDEN_FOLDERS, loadGolden, repositoryRoot } from '../support/golden';
import { clipEye, noise, processor, sha256, type Shape } from './pictures';

interface Recorded {
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly aspect: Aspect;
  readonly size: number;
  readonly patch: number;
  readonly edge: number;
  readonly boxes: readonly Box[];
  readonly tiles: number;
  readonly sha256: string;
  readonly inside: readonly number[];
  readonly newlines?: readonly number[];
  readonly base?: number;
  readonly tokens?: number;
}

describe('prepareImage', () => {
  for (const folder of GOLDEN_FOLDERS) {
    it(`gives the reference pixel values, token counts and box sets: ${folder}`, async () => {
      const golden = loadGolden(folder);
      const { eye } = await openCheckpoint(golden.modelDir);
      for (const c of golden.cases) {
        const image = await decodeImage(path.join(golden.imagesDir, c.image));
        const made = prepareImage(image, eye, c.aspect);
        const { views, viewSize, sources, geometry } = made.layout;
        const want = golden.tensor(`${c.name}.pixel_values`);
        assert.deepEqual([views.length, 3, viewSize.height, viewSize.width], want.shape, c.name);
        assert.equal(made.pixels.length, want.data.length);
        let worst = 0;
        for (let i = 0; i < want.data.length; i++) {
          worst = Math.max(worst, Math.abs(made.pixels[i] - want.data[i]));
        }
        assert.ok(worst <= 1e-6, `${c.name}: pixel values differ by ${worst}`);
        assert.equal(sources.length, c.image_tokens, c.name);
        assert.equal(geometry.patches.length, c.image_tokens, c.name);

        const start = c.sets['Image'][0];
        const places = geometry.patches;
        const inside = patchesInBoxes(image, c.boxes, eye, c.aspect).map((n) => n + start);
        const named = (keep: (n: number) => boolean): number[] =>
          places
            .map((_, n) => n)
            .filter(keep)
            .map((n) => n + start);
        const sets: Record<string, number[]> = {
          'Image Central Object': inside,
          'Image Without Central Object': named((n) => !inside.includes(n + start) && places[n].kind !== 'newline'),
        };
        if (c.aspect === 'anyres') {
          sets['Image Pad'] = named((n) => places[n].kind === 'newline');
          sets['Image Original Patch'] = named((n) => places[n].kind === 'base');
          sets['Image HD Patch Indice'] = named((n) => places[n].kind !== 'base');
        }
        for (const [name, numbers] of Object.entries(sets))
          assert.deepEqual(numbers, c.sets[name], `${c.name}: ${name}`);
      }
    });
  }

  const recorded = JSON.parse(
    readFileSync(path.join(repositoryRoot, 'test/vision/fixtures/processors.json'), 'utf8'),
  ) as Recorded[];

  for (const aspect of ['processor', 'pad', 'anyres'] as const) {
    it(`equals transformers' processors bit for bit at many sizes: ${aspect}`, () => {
      const cases = recorded.filter((c) => c.aspect === aspect);
      assert.ok(cases.length >= 60);
      for (const c of cases) {
        const name = `${c.width}x${c.height}, seed ${c.seed}, size ${c.size}, edge ${c.edge}`;
        const eye = clipEye(processor(c.size, c.edge), { imageSize: c.size, patchSize: c.patch, select: 'default' });
        const made = prepareImage(noise(c.width, c.height, c.seed), eye, aspect);
        const { views, geometry, sources } = made.layout;
        assert.equal(views.length, c.tiles, name);
        assert.equal(sha256(new Uint8Array(made.pixels.buffer)), c.sha256, name);
        assert.deepEqual(patchesInBoxes(c, c.boxes, eye, aspect), c.inside, name);
        if (c.newlines) {
          const at = (kind: string): number[] => geometry.patches.flatMap((p, n) => (p.kind === kind ? [n] : []));
          assert.deepEqual(at('newline'), c.newlines, name);
          assert.equal(at('base').length, c.base, name);
          assert.equal(sources.length, c.tokens, name);
        }
      }
    });
  }

  it('keeps the class token as first image token with select "full"', () => {
    const shape = { imageSize: 56, patchSize: 14, select: 'full' } as const;
    const eye = clipEye(processor(56), shape);
    const { geometry, sources } = eye.layOut({ width: 80, height: 60 }, 'pad');
    assert.deepEqual(
      sources,
      Array.from({ length: 17 }, (_, i) => ({ rows: [i] })),
    );
    assert.equal(geometry.patches[0].kind, 'class');
    assert.equal(geometry.grids[0].cells[0], 1);
    const box: Box = [0, 0, 80, 60];
    assert.ok(!patchesInBoxes({ width: 80, height: 60 }, [box], eye, 'processor').includes(0));
    assert.deepEqual(patchesInBoxes({ width: 80, height: 60 }, [box], eye, 'processor').length, 16);
  });

  it('takes each tile token from the tile and patch where it lies', () => {
    // A 2 x 2 mosaic of 4 x 4 patches, square image: nothing is unpadded.
    const shape = { imageSize: 56, patchSize: 14, select: 'default' } as const;
    const { geometry, sources } = clipEye(processor(56), shape).layOut({ width: 300, height: 300 }, 'anyres');
    const grid = geometry.grids.find((g) => g.kind === 'tile')!;
    assert.deepEqual([grid.rows, grid.columns, grid.cells[0], grid.cells[8]], [8, 8, 16, 25]);
    const source = (row: number, column: number): unknown => sources[grid.cells[row * grid.columns + column]];
    const rows = (n: number): unknown => ({ rows: [n] });
    assert.deepEqual([source(0, 0), source(0, 3), source(0, 4)], [16, 19, 32].map(rows));
    assert.deepEqual([source(3, 0), source(4, 0), source(7, 7)], [28, 48, 79].map(rows));
    assert.ok('vector' in sources[16 + 8]);
  });

  it('says what does not fit', () => {
    const shape = { imageSize: 56, patchSize: 14, select: 'default' } as const;
    const image = noise(30, 20, 1);
    const { gridPinpoints, crop, ...bare } = processor(56);
    assert.ok(gridPinpoints && crop);
    const wrong: [CanvasProcessor, Shape, Aspect, RegExp][] = [
      [bare, shape, 'anyres', /image_grid_pinpoints/],
      [bare, shape, 'processor', /56 x 84/],
      [processor(70), shape, 'processor', /crop_size is 70 x 70/],
      [processor(56, 60), shape, 'anyres', /size is 60/],
      [{ ...processor(56), gridPinpoints: [[56, 60]] }, shape, 'anyres', /\[56, 60\]/],
      [processor(56), { ...shape, select: 'full' }, 'anyres', /full/],
      [processor(56), { ...shape, patchSize: 15 }, 'processor', /patch_size 15/],
      [processor(56), shape, 'fit', /aspect "fit" is not one.*processor, pad, anyres/],
    ];
    for (const [spec, vision, aspect, message] of wrong) {
      assert.throws(
        () => prepareImage(image, clipEye(spec, vision), aspect),
        (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line),
        String(message),
      );
    }
  });

  it('takes very long pictures without computing what is cropped away', () => {
    const shape = { imageSize: 56, patchSize: 14, select: 'default' } as const;
    for (const [w, h] of [
      [60_000, 1],
      [1, 60_000],
    ] as const) {
      for (const aspect of ['processor', 'anyres'] as const) {
        const made = prepareImage(noise(w, h, 3), clipEye(processor(56), shape), aspect);
        assert.equal(made.layout.sources.length, made.layout.geometry.patches.length);
        assert.ok(made.pixels.every(Number.isFinite));
      }
      assert.throws(() => prepareImage(noise(w, h, 3), clipEye(processor(56), shape), 'pad'), /padding/);
    }
  });
});

describe('patchesInBoxes', () => {
  const shape = { imageSize: 56, patchSize: 14, select: 'default' } as const;
  const size = { width: 100, height: 80 };
  const ask = (box: Box): number[] => patchesInBoxes(size, [[1, 1, 50, 50], box], clipEye(processor(56), shape), 'pad');

  it('refuses negative boxes, boxes beside the image or off the pixel grid, by name', () => {
    const wrong: [Box, RegExp][] = [
      [[100, 0, 5, 5], /^box 2 \[100, 0, 5, 5\] lies outside the image \(the image has 100 x 80 pixels\)$/],
      [[0, 80, 5, 5], /box 2 .*outside/],
      [[-6, 0, 5, 5], /box 2 .*outside/],
      [[0, -9, 5, 8], /box 2 .*outside/],
      [[3, 3, -1, 5], /box 2 .*negative width or height/],
      [[3, 3, 5, -1], /box 2 .*negative width or height/],
      [[3.5, 3, 5, 5], /box 2 .*not whole/],
      [[3, 3, NaN, 5], /box 2 .*not whole/],
      [[3, 3, Infinity, 5], /box 2 .*not whole/],
    ];
    for (const [box, message] of wrong) {
      assert.throws(
        () => ask(box),
        (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line),
        String(box),
      );
    }
  });

  it('paints a box of width or height 0 as a line of one pixel, as the published rule does', () => {
    const thin = JSON.parse(
      readFileSync(path.join(repositoryRoot, 'test/vision/fixtures/thin-boxes.json'), 'utf8'),
    ) as (Size & { readonly aspect: Aspect; readonly box: Box; readonly inside: number[] })[];
    assert.ok(thin.some(({ inside }) => inside.length > 0) && thin.length > 50);
    for (const { width, height, aspect, box, inside } of thin) {
      const name = `${width} x ${height}, ${aspect}, ${box.join(' ')}`;
      assert.deepEqual(patchesInBoxes({ width, height }, [box], clipEye(processor(56), shape), aspect), inside, name);
    }
  });

  it('cuts a box at the border', () => {
    assert.deepEqual(ask([-10, -10, 1000, 1000]), ask([0, 0, 100, 80]));
    assert.deepEqual(patchesInBoxes(size, [], clipEye(processor(56), shape), 'pad'), []);
  });
});
