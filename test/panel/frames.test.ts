/** Frames a second while the slider plays, printed and not asserted: this machine may be busy. What plays is asserted. */
import assert from 'node:assert/strict';
import { FakeHost } from './support/fake-host';
import { closeBrowser } from './support/page';
import { anyresGeometry, plainGeometry, synthetic } from './support/synthetic';

const LARGE = { layers: 32, heads: 32, before: 35 };

describe('panel: frames while the slider plays', () => {
  after(closeBrowser);
  const cases = [
    ['24 x 24 patches', { ...LARGE, after: 30, geometry: plainGeometry(24) }],
    ['48 x 48 patches', { ...LARGE, after: 30, geometry: plainGeometry(48, 672, 672) }],
    [
      '3,000 tokens (24 x 24 base, 48 x 48 tiles)',
      { ...LARGE, after: 3000 - 35 - 576 - 48 * 49, geometry: anyresGeometry(24, 48, 48) },
    ],
  ] as const;
  for (const [name, size] of cases) {
    it(name, async () => {
      const host = await FakeHost.open(await synthetic(1, size), { width: 1200, height: 1000 });
      const { page } = host;
      if (size.geometry.grids.length > 1) await page.getByRole('radio', { name: 'Tiles' }).click();
      await host.view('Token flow');
      await page
        .locator('cf-flow')
        .getByText(/edges? of at least|the strongest/)
        .waitFor();
      await host.view('Tokens');
      // The image unfolded is the longest strip there is.
      await page.getByRole('option', { name: /image tokens, folded/ }).click();
      await page
        .locator('#cf-overlay-words')
        .getByText(/scaled to its largest/)
        .waitFor();
      await page.getByRole('button', { name: 'Play the layers' }).click();
      const { frames, seconds, worst, layers } = await page.evaluate(
        () =>
          new Promise<{ frames: number; seconds: number; worst: number; layers: number }>((done) => {
            const start = performance.now();
            const seen = new Set<string>();
            let [last, count, longest] = [start, 0, 0];
            const tick = (now: number): void => {
              count++;
              longest = Math.max(longest, now - last);
              last = now;
              seen.add(document.querySelector('.cf-layer-number')?.textContent ?? '');
              if (now - start > 4000)
                done({ frames: count, seconds: (now - start) / 1000, worst: longest, layers: seen.size });
              else requestAnimationFrame(tick);
            };
            requestAnimationFrame(tick);
          }),
      );
      console.log(
        `      ${name}: ${(frames / seconds).toFixed(1)} frames a second, longest frame ${worst.toFixed(0)} ms`,
      );
      assert.ok(layers > 3, `${layers} layers seen`);
      assert.ok((await page.locator('.cf-token').count()) < 600, 'only tokens in sight are in the page');
      assert.deepEqual(host.complaints, []);
      await host.close();
    });
  }
});
