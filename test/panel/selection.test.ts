/** What is clicked is what is seen: pixel by pixel, at several zooms, screen densities and kinds of grid. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { cells, extent, fit, zoomAt, type View } from '../../webview/image/viewport';
import { FakeHost, recorded, type Engine } from './support/fake-host';
import { closeBrowser } from './support/page';
import { anyresGeometry, paddedGeometry, synthetic } from './support/synthetic';

const CENTRE = { x: 0.5, y: 0.5 };

describe('panel: choosing patches', () => {
  let host: FakeHost;
  const open = async (engine: Engine, scale = 1): Promise<Page> => {
    host = await FakeHost.open(engine, { scale }, (h) => (h.live = false));
    await host.page
      .locator('#cf-overlay-words')
      .getByText(/scaled to its largest/)
      .waitFor();
    return host.page;
  };
  const chosen = async (nth: number): Promise<readonly number[]> => (await host.message('set-patches', nth)).patches;
  /** Where the canvas begins on the screen, in device pixels. */
  const origin = (): Promise<{ x: number; y: number }> =>
    host.page.evaluate(() => {
      const { left, top } = document.querySelector('.cf-layer-marks')!.getBoundingClientRect();
      return { x: Math.round(left * devicePixelRatio), y: Math.round(top * devicePixelRatio) };
    });
  /** What was sent to the page has been read and drawn. */
  const drawn = (): Promise<void> =>
    host.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
    );
  /** The patch under a device pixel of the screen, by one click; the set is emptied first. */
  const clickScreen = async (x: number, y: number, scale = 1): Promise<readonly number[]> => {
    await host.edit({ sets: { clicked: { kind: 'patches', patches: [] } } });
    await drawn();
    const nth = host.messages('set-patches').length + 1;
    await host.page.mouse.click(x / scale, y / scale);
    const got = await chosen(nth);
    await drawn();
    return got;
  };
  const clickAt = async (x: number, y: number): Promise<readonly number[]> => {
    const o = await origin();
    return clickScreen(o.x + Math.round(x), o.y + Math.round(y));
  };
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  const kinds: [string, () => Promise<Engine>, 'base' | 'tile'][] = [
    ['a plain grid', async () => recorded('star'), 'base'],
    [
      'a padded picture',
      () => synthetic(3, { layers: 2, heads: 2, before: 3, after: 8, geometry: paddedGeometry(12) }),
      'base',
    ],
    [
      'anyres tiles',
      () => synthetic(4, { layers: 2, heads: 2, before: 3, after: 8, geometry: anyresGeometry(6, 10, 14, 640, 430) }),
      'tile',
    ],
  ];
  for (const [name, make, kind] of kinds) {
    for (const scale of [1, 2]) {
      it(`${name} at ${scale} device pixels per pixel: first and last pixel of a patch belong to it`, async () => {
        const engine = await make();
        const page = await open(engine, scale);
        if (kind === 'tile') await page.getByRole('radio', { name: 'Tiles' }).click();
        const { geometry } = engine.example;
        const size = await page.evaluate(() => {
          const c = document.querySelector<HTMLCanvasElement>('.cf-layer-marks')!;
          return { width: c.width, height: c.height };
        });
        const area = extent(geometry, kind);
        let view: View = fit(area, size);
        for (let zoom = 0; zoom < 3; zoom++) {
          const list = cells(geometry, kind, view);
          const inSight = list.flatMap((c, i) =>
            c &&
            c[0] >= 2 * scale &&
            c[1] >= 2 * scale &&
            c[2] < size.width - 4 * scale &&
            c[3] < size.height - 4 * scale
              ? [i]
              : [],
          );
          for (const patch of [inSight[0], inSight[Math.floor(inSight.length / 2)], inSight.at(-1)!]) {
            const [l, t, r, b] = list[patch]!;
            const o = await origin();
            // The mouse stands on whole CSS pixels: the outermost of them inside the patch, and the first one outside.
            const from = (v: number): number => Math.ceil(v / scale) * scale;
            const to = (v: number): number => Math.floor(v / scale) * scale;
            const [x0, y0, x1, y1] = [from(o.x + l), from(o.y + t), to(o.x + r - 1), to(o.y + b - 1)];
            assert.deepEqual(await clickScreen(x0, y0, scale), [patch], `first pixel of ${patch}, zoom ${zoom}`);
            assert.deepEqual(await clickScreen(x1, y1, scale), [patch], `last pixel of ${patch}, zoom ${zoom}`);
            if (geometry.patches[patch].column === 0) continue;
            const outside = await clickScreen(to(o.x + l - 1), y0, scale);
            assert.notDeepEqual(outside, [patch], `left of ${patch}, zoom ${zoom}`);
          }
          await page.getByRole('button', { name: 'Zoom in' }).click();
          view = zoomAt(view, 1.25, CENTRE.x * size.width, CENTRE.y * size.height, area, size);
        }
      });
    }
  }

  it('the chosen patch is framed on exactly its own pixels', async () => {
    const engine = recorded('star');
    const page = await open(engine);
    await host.edit({ sets: { clicked: { kind: 'patches', patches: [44] } }, objects: [] });
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('checkbox', { name: 'Grid' }).click();
    await page.mouse.move(0, 0);
    for (const zooms of [0, 2]) {
      for (let i = 0; i < zooms; i++) await page.getByRole('button', { name: 'Zoom in' }).click();
      const found = await page.evaluate(
        () =>
          new Promise<{ box: number[]; width: number; height: number }>((done) =>
            requestAnimationFrame(() =>
              requestAnimationFrame(() => {
                const c = document.querySelector<HTMLCanvasElement>('.cf-layer-marks')!;
                const { data } = c.getContext('2d')!.getImageData(0, 0, c.width, c.height);
                // The veil inside the frame is white and thin; frame and casing are opaque.
                const box = [Infinity, Infinity, -1, -1];
                for (let y = 0; y < c.height; y++)
                  for (let x = 0; x < c.width; x++) {
                    const a = data[(y * c.width + x) * 4 + 3];
                    if (a > 40 && a < 80)
                      [box[0], box[1], box[2], box[3]] = [
                        Math.min(box[0], x),
                        Math.min(box[1], y),
                        Math.max(box[2], x),
                        Math.max(box[3], y),
                      ];
                  }
                done({ box, width: c.width, height: c.height });
              }),
            ),
          ),
      );
      const area = extent(engine.example.geometry, 'base');
      let view = fit(area, found);
      for (let i = 0; i < zooms; i++) view = zoomAt(view, 1.25, found.width / 2, found.height / 2, area, found);
      const [l, t, r, b] = cells(engine.example.geometry, 'base', view)[44]!;
      // The frame is 4 pixels wide, half of it inside: the veil is the patch less 2 on each side.
      assert.deepEqual(found.box, [l + 2, t + 2, r - 3, b - 3]);
    }
  });

  it("click toggles, shift adds, alt removes, a drag adds once at its end, undo is the editor's", async () => {
    const page = await open(recorded('star'));
    const picture = page.locator('.cf-picture');
    const box = (await picture.boundingBox())!;
    const side = Math.min(box.width, box.height) / 10;
    const at = (patch: number): { x: number; y: number } => ({
      x: (box.width - 10 * side) / 2 + ((patch % 10) + 0.5) * side,
      y: (Math.floor(patch / 10) + 0.5) * side,
    });
    await picture.click({ position: at(0) });
    assert.deepEqual(await chosen(1), [0, 64, 65, 74, 75]);
    await picture.click({ position: at(64) });
    assert.deepEqual(await chosen(2), [0, 65, 74, 75]);
    await picture.click({ position: at(65), modifiers: ['Shift'] });
    await picture.click({ position: at(65), modifiers: ['Alt'] });
    assert.deepEqual(await chosen(3), [0, 74, 75], 'adding what is there changes nothing');
    const drag = async (from: number, to: number): Promise<void> => {
      await page.mouse.move(box.x + at(from).x, box.y + at(from).y);
      await page.mouse.down();
      await page.mouse.move(box.x + at(to).x, box.y + at(to).y, { steps: 6 });
      await page.mouse.up();
    };
    await drag(11, 23);
    assert.deepEqual(await chosen(4), [0, 11, 12, 13, 21, 22, 23, 74, 75]);
    await page.keyboard.down('Alt');
    await drag(12, 23);
    await page.keyboard.up('Alt');
    assert.deepEqual(await chosen(5), [0, 11, 21, 74, 75]);
    await page.getByRole('radio', { name: 'Lasso' }).click();
    await page.mouse.move(box.x + at(30).x - 8, box.y + at(30).y - 8);
    await page.mouse.down();
    for (const p of [32, 52, 50])
      await page.mouse.move(box.x + at(p).x + (p % 10 === 2 ? 8 : -8), box.y + at(p).y + (p >= 50 ? 8 : -8), {
        steps: 4,
      });
    await page.mouse.up();
    assert.deepEqual(await chosen(6), [0, 11, 21, 30, 31, 32, 40, 41, 42, 50, 51, 52, 74, 75]);
    assert.equal(host.messages('set-patches').length, 6);
    await picture.focus();
    await page.keyboard.press('Control+z');
    await host.message('undo');
  });

  it('wheel zooms at the pointer, a drag with space or the middle button moves, 0 shows all', async () => {
    const page = await open(recorded('star'));
    const picture = page.locator('.cf-picture');
    const box = (await picture.boundingBox())!;
    await picture.focus();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, -600);
    await page.waitForTimeout(100);
    const corner = await clickAt(5, 5);
    assert.ok(corner[0] > 11, `zoomed in: ${corner[0]}`);
    const sent = host.messages('set-patches').length;
    await page.keyboard.down(' ');
    await page.mouse.move(box.x + 50, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 2000, box.y + 2000, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up(' ');
    assert.equal(host.messages('set-patches').length, sent, 'moving chooses nothing');
    assert.deepEqual(await clickAt(5, 5), [0]);
    await page.mouse.move(box.x + 300, box.y + 300);
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(box.x - 900, box.y - 900, { steps: 3 });
    await page.mouse.up({ button: 'middle' });
    assert.deepEqual(await clickAt(box.width - 8, box.height - 8), [99]);
    await picture.focus();
    await page.keyboard.press('0');
    await page.waitForTimeout(50);
    assert.deepEqual(await clickAt(box.width / 2 + 2, box.height / 2 + 2), [55]);
  });
});
