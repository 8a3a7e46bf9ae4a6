/** A picture that keeps its shape: a grid that is no square, between marks that have no place on it. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { openForClicks } from './support/clicks';
import type { FakeHost, Engine } from './support/fake-host';
import { closeBrowser } from './support/page';
import { sizedGeometry, synthetic } from './support/synthetic';

const ROWS = 5;
const COLUMNS = 9;
const geometry = sizedGeometry(ROWS, COLUMNS, 640, 350);
/** Patch numbers count the mark before the grid. */
const patch = (row: number, column: number): number => 1 + row * COLUMNS + column;

describe('panel: choosing patches of a picture that keeps its shape', () => {
  let engine: Engine;
  let host: FakeHost;
  let page: Page;
  before(async () => {
    engine = await synthetic(4, { layers: 2, heads: 2, before: 3, after: 8, geometry });
  });
  beforeEach(async () => {
    host = await openForClicks(engine);
    page = host.page;
  });
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  /** The middle of a cell, worked out from the picture's box alone. */
  const at = (row: number, column: number): Promise<{ x: number; y: number }> =>
    page.evaluate(
      ([r, c, rows, columns]) => {
        const view = document.querySelector('cf-image') as unknown as { control: { list: (number[] | undefined)[] } };
        const cells = view.control.list.filter((cell) => cell !== undefined && cell.length > 0) as number[][];
        const [left, top] = [Math.min(...cells.map((x) => x[0])), Math.min(...cells.map((x) => x[1]))];
        const [right, bottom] = [Math.max(...cells.map((x) => x[2])), Math.max(...cells.map((x) => x[3]))];
        const box = document.querySelector('.cf-layer-marks')!.getBoundingClientRect();
        return {
          x: box.left + (left + ((c + 0.5) * (right - left)) / columns) / devicePixelRatio,
          y: box.top + (top + ((r + 0.5) * (bottom - top)) / rows) / devicePixelRatio,
        };
      },
      [row, column, ROWS, COLUMNS] as const,
    );
  const chosen = async (nth: number): Promise<readonly number[]> => (await host.message('set-patches', nth)).patches;

  it('a click takes the token there, and a drag a block', async () => {
    const first = await at(3, 7);
    await page.mouse.click(first.x, first.y);
    assert.deepEqual(await chosen(1), [patch(3, 7)]);
    const [from, to] = [await at(0, 1), await at(1, 2)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 5 });
    await page.mouse.up();
    const block = [patch(0, 1), patch(0, 2), patch(1, 1), patch(1, 2)];
    assert.deepEqual(await chosen(2), [...block, patch(3, 7)]);
  });

  it('the overlay says how much attention the marks take', async () => {
    const words = await page.locator('#cf-overlay-words').textContent();
    assert.match(words ?? '', /to the patches/);
    assert.match(words ?? '', /the 2 image tokens without a place on the picture/);
  });
});
