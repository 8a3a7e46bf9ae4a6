/** A picture that the model sees twice: a place is chosen in both grids, unless one alone is asked for. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { tilesAt } from '../../webview/image/places';
import { openForClicks } from './support/clicks';
import type { FakeHost, Engine } from './support/fake-host';
import { closeBrowser } from './support/page';
import { anyresGeometry, synthetic } from './support/synthetic';

const geometry = anyresGeometry(6, 10, 14, 640, 430);
const tiles = tilesAt(geometry);
/** Base patches and the tile patches at their places, ascending. */
const places = (...base: number[]): number[] => base.flatMap((p) => [p, ...tiles.get(p)!]).sort((a, b) => a - b);

describe('panel: choosing places of a tiled picture', () => {
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

  const chosen = async (nth: number): Promise<readonly number[]> => (await host.message('set-patches', nth)).patches;
  /** The middle of a patch on the screen, as it is drawn now. */
  const at = (patch: number): Promise<{ x: number; y: number }> =>
    page.evaluate((p) => {
      const view = document.querySelector('cf-image') as unknown as { control: { list: number[][] } };
      const [l, t, r, b] = view.control.list[p];
      const box = document.querySelector('.cf-layer-marks')!.getBoundingClientRect();
      return { x: box.left + (l + r) / 2 / devicePixelRatio, y: box.top + (t + b) / 2 / devicePixelRatio };
    }, patch);
  const click = async (patch: number): Promise<void> => {
    const { x, y } = await at(patch);
    await page.mouse.click(x, y);
  };
  const drag = async (...patches: number[]): Promise<void> => {
    const [first, ...rest] = patches;
    const from = await at(first);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    for (const p of rest) {
      const to = await at(p);
      await page.mouse.move(to.x, to.y, { steps: 4 });
    }
    await page.mouse.up();
  };
  const clicksMean = (name: string): Promise<void> => page.getByRole('radio', { name }).click();

  it('a click takes the patch of the whole image and those of the tiles on it, and gives both back', async () => {
    await click(7);
    assert.deepEqual(await chosen(1), places(7));
    await click(8);
    assert.deepEqual(await chosen(2), places(7, 8));
    await click(7);
    assert.deepEqual(await chosen(3), places(8));
  });

  it('one grid alone on request; half a place is filled up by the next click', async () => {
    await clicksMean('Whole image only');
    await click(7);
    assert.deepEqual(await chosen(1), [7]);
    await clicksMean('Tiles only');
    const [tile] = tiles.get(20)!;
    await click(tile);
    assert.deepEqual(await chosen(2), [7, tile]);
    await clicksMean('Both');
    await click(7);
    assert.deepEqual(
      await chosen(3),
      [...places(7), tile].sort((a, b) => a - b),
    );
    await click(7);
    assert.deepEqual(await chosen(4), [tile]);
  });

  it('boxes and lassos mean both, and Alt takes both away', async () => {
    await drag(7, 14);
    assert.deepEqual(await chosen(1), places(7, 8, 13, 14));
    await page.keyboard.down('Alt');
    await drag(13, 14);
    await page.keyboard.up('Alt');
    assert.deepEqual(await chosen(2), places(7, 8));
    await page.getByRole('radio', { name: 'Lasso' }).click();
    await drag(21, 23, 35, 33, 21);
    const now = await chosen(3);
    const bases = now.filter((p) => p < 36);
    assert.ok(bases.includes(28) && bases.length > 3, bases.join());
    assert.deepEqual(now, places(...bases));
  });

  it('the keyboard means both, and says so', async () => {
    await page.locator('.cf-picture').focus();
    const live = page.locator('cf-image .cf-live');
    await page.keyboard.press('ArrowRight');
    const on = `Patch 1, row 1, column 2, whole image and ${tiles.get(1)!.length} patches of the tiles`;
    await live.getByText(`${on}, not selected`).waitFor();
    await page.keyboard.press(' ');
    assert.deepEqual(await chosen(1), places(1));
    await page.keyboard.press('Shift+ArrowDown');
    assert.deepEqual(await chosen(2), places(1, 7));
    await page.keyboard.press('Control+a');
    assert.equal((await chosen(3)).length, 36 + 140);
    await page.keyboard.press('Escape');
    assert.deepEqual(await chosen(4), []);
  });

  it('marks both grids, so that one alone can be told from both', async () => {
    /** Pixels of the set's colour on the layer of marks. */
    const marked = async (patches: readonly number[]): Promise<number> => {
      await host.edit({ sets: { clicked: { kind: 'patches', patches } } });
      await page.waitForTimeout(150);
      return page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.cf-layer-marks')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        const probe = document.createElement('canvas').getContext('2d')!;
        probe.fillStyle = getComputedStyle(document.body).getPropertyValue('--cf-selected').trim();
        probe.fillRect(0, 0, 1, 1);
        const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
          if (Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 12 && data[i + 3] > 200)
            count++;
        return count;
      });
    };
    await page.mouse.move(0, 0);
    const [none, whole, tile, both] = [
      await marked([]),
      await marked([14]),
      await marked(tiles.get(14)!),
      await marked(places(14)),
    ];
    assert.equal(none, 0);
    assert.ok(tile > 20 && whole > tile, `${whole} and ${tile}`);
    assert.ok(both > whole, `${both} and ${whole}`);
  });

  it('the arrow keys go on from the patch that the mouse chose', async () => {
    await click(14);
    await chosen(1);
    await page.keyboard.press('ArrowRight');
    await page.locator('cf-image .cf-live').getByText('Patch 15, row 3, column 4').waitFor();
    await drag(0, 7);
    await chosen(2);
    await page.keyboard.press('ArrowDown');
    await page.locator('cf-image .cf-live').getByText('Patch 13, row 3, column 2').waitFor();
  });
});
