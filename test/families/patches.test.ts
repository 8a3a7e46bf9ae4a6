/**
 * Where the layout says that a token lies, it looks: noise painted into one cell of a grid changes that token's features
 * more than those of every other token of the grid, for every family, way to fit a picture, shape of picture, and tile.
 * What the tower's attention carries from patch to patch, which in random towers is most, is switched off.
 */
import assert from 'node:assert/strict';
import { cp, open } from 'node:fs/promises';
import { type OpenModel, openModel } from '../../src/core/engine/model';
import type { PictureFeatures } from '../../src/core/engine/tower';
import { FAMILIES, openCheckpoint } from '../../src/core/families';
import { isQuantized, type PatchGrid, type Rect, type Size } from '../../src/core/spec';
import type { RgbImage } from '../../src/core/vision/image';
import { prepareImage } from '../../src/core/vision/prepare';
import { relayout } from '../support/checkpoints';
import { readGolden } from '../support/golden';
import { random } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';
import { foldersOf } from './registry';

/** Wide, tall, square, a strip, smaller than a view. */
const SHAPES: readonly Size[] = [
  { width: 331, height: 190 },
  { width: 150, height: 287 },
  { width: 224, height: 224 },
  { width: 500, height: 91 },
  { width: 101, height: 98 },
];
/** Cells of each grid. */
const CELLS = 5;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function background({ width, height }: Size): RgbImage {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 100 + ((Math.floor(i / 3) % width) * 40) / width,
  );
  return { width, height, data };
}

/**
 * The inner half of a cell, in blocks of pure colours: filters carry what is nearer to its border into its neighbours,
 * whose norms make as much of a little as of a lot.
 */
function paint(image: RgbImage, cell: Rect, next: () => number): RgbImage {
  const { width, height } = cell;
  const rect = { x: cell.x + width / 4, y: cell.y + height / 4, width: width / 2, height: height / 2 };
  const data = Uint8Array.from(image.data);
  const blocks = range(16).map(() => [0, 1, 2].map(() => (next() < 0.5 ? 0 : 255)));
  for (let y = 0; y < image.height; y++) {
    const row = Math.floor((4 * (y + 0.5 - rect.y)) / rect.height);
    for (let x = 0; x < image.width; x++) {
      const column = Math.floor((4 * (x + 0.5 - rect.x)) / rect.width);
      if (row < 0 || row > 3 || column < 0 || column > 3) continue;
      data.set(blocks[row * 4 + column], (y * image.width + x) * 3);
    }
  }
  return { ...image, data };
}

/** A copy of a checkpoint whose tower's attention adds nothing. */
async function withoutAttention(from: string, to: string): Promise<string> {
  await cp(from, to, { recursive: true });
  const { eye } = await openCheckpoint(to);
  for (const { output } of eye.tower.blocks) {
    for (const ref of [output.weight, output.bias]) {
      if (!ref || isQuantized(ref)) continue;
      const file = await open(ref.file, 'r+');
      await file.write(new Uint8Array(ref.length), 0, ref.length, ref.offset);
      await file.close();
    }
  }
  return to;
}

/** How much of a cell lies in the picture: some stand in what it is padded with. */
function share({ x, y, width, height }: Rect, image: Size): number {
  const along = (from: number, length: number, most: number): number =>
    Math.max(0, Math.min(from + length, most) - Math.max(from, 0)) / length;
  return along(x, width, image.width) * along(y, height, image.height);
}

/** The cell of the grid whose token changed most. */
function mostChanged(was: Float32Array, is: Float32Array, { cells }: PatchGrid, hidden: number): number {
  const change = cells.map((token) => {
    let sum = 0;
    for (let i = token * hidden; i < (token + 1) * hidden; i++) sum += (is[i] - was[i]) ** 2;
    return sum;
  });
  return change.indexOf(Math.max(...change));
}

describe('patch maps', () => {
  const folder = temporaryFolder();

  for (const { id } of FAMILIES) {
    for (const name of foldersOf(id)) {
      describe(`${id}: ${name}`, () => {
        let model: OpenModel;
        before(async () => {
          const { modelDir } = readGolden(name);
          const from = id === 'llava_original' ? await relayout(modelDir, 'original', folder.join(name)) : modelDir;
          model = await openModel(await withoutAttention(from, folder.join(`${name}-local`)));
        });
        after(() => model.close());

        for (const [i, shape] of SHAPES.entries()) {
          it(`${shape.width} x ${shape.height}: a token's own pixels change it most`, async () => {
            const { eye, decoder } = model.spec;
            const next = random(i + 1);
            const tower = await model.parts.vision();
            const image = background(shape);
            for (const aspect of eye.aspects) {
              const see = (picture: RgbImage): Promise<PictureFeatures> =>
                tower.features(prepareImage(picture, eye, aspect));
              const plain = await see(image);
              const { grids, patches } = eye.layOut(shape, aspect).geometry;
              for (const grid of grids) {
                const inside = range(grid.cells.length).filter(
                  (cell) => share(patches[grid.cells[cell]].rect!, shape) > 0.7,
                );
                assert.ok(inside.length > 0, `${aspect}: no cell of the ${grid.kind} grid lies in the picture`);
                for (const _ of range(CELLS)) {
                  const cell = inside[Math.floor(next() * inside.length)];
                  const { rect, row, column } = patches[grid.cells[cell]];
                  assert.deepEqual([row, column], [Math.floor(cell / grid.columns), cell % grid.columns]);
                  const painted = await see(paint(image, rect!, next));
                  const outputs = [
                    [plain.features, painted.features] as const,
                    ...plain.taps.map((t, k) => [t, painted.taps[k]] as const),
                  ];
                  outputs.forEach(([was, is], k) => {
                    const found = mostChanged(was, is, grid, decoder.hidden);
                    const place = (c: number): string =>
                      `row ${Math.floor(c / grid.columns)}, column ${c % grid.columns}`;
                    assert.equal(
                      place(found),
                      place(cell),
                      `${aspect}, ${grid.kind} grid ${grid.rows} x ${grid.columns}, output ${k}`,
                    );
                  });
                }
              }
            }
          });
        }
      });
    }
  }
});
