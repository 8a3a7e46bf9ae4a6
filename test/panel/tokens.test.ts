/** The token strip: what is clicked is what is chosen, and nothing moves for it. */
import assert from 'node:assert/strict';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';
import { plainGeometry, synthetic } from './support/synthetic';

describe('panel: the token strip', () => {
  let host: FakeHost;
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);
  const settled = (): Promise<void> =>
    host.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60))));

  for (const [width, height] of [
    [546, 820],
    [786, 1000],
  ] as const) {
    it(`${width} x ${height}: the first click chooses what is under the pointer, far from the token chosen before`, async () => {
      // More lines than there is room for: the last token, which is chosen at first, is out of sight.
      const made = await synthetic(8, { layers: 4, heads: 2, before: 30, after: 260, geometry: plainGeometry(6) });
      host = await FakeHost.open(made, { width, height });
      await host.view('Tokens');
      const strip = host.page.locator('.cf-tokens');
      const scroll = (): Promise<number> => strip.evaluate((e) => e.scrollTop);
      await settled();
      assert.equal(await scroll(), 0);
      await host.page.getByRole('option', { name: 'token 5 ' }).click();
      await host.page.locator('#cf-token-detail').getByText('Token 5', { exact: true }).waitFor();
      await host.page.locator('#cf-token-detail').getByText('(chosen)').waitFor();
      assert.equal(await host.page.locator('.cf-token.cf-chosen').getAttribute('data-index'), '5');
      assert.equal(await scroll(), 0, 'nothing moved under the pointer');
    });

    it(`${width} x ${height}: choosing tokens moves nothing, and the words below are about the token that was clicked`, async () => {
      host = await FakeHost.open(recorded('star'), { width, height });
      await host.view('Tokens');
      await settled();
      const places = (): Promise<unknown> =>
        host.page.evaluate(() =>
          ['.cf-picture', '.cf-tokens', '#cf-token-detail', '.cf-layer-bar'].map((selector) => {
            const { x, y, width: w, height: h } = document.querySelector(selector)!.getBoundingClientRect();
            return [selector, x, y, w, h];
          }),
        );
      const before = await places();
      for (const row of [159, 0, 135, 15, 160]) {
        await host.page.getByRole('option', { name: new RegExp(`^token ${row} `) }).click();
        await host.page.locator('#cf-token-detail').getByText(`Token ${row}`, { exact: true }).waitFor();
        await settled();
        assert.deepEqual(await places(), before, `token ${row}`);
        // The pointer rests where it clicked; what is under it now is what it clicked.
        await host.page.waitForTimeout(200);
        assert.equal(await host.page.locator('#cf-token-detail b').innerText(), `Token ${row}`);
      }
    });
  }

  it('comes by the keyboard to the chosen token, and brings it into sight', async () => {
    const made = await synthetic(8, { layers: 4, heads: 2, before: 30, after: 260, geometry: plainGeometry(6) });
    host = await FakeHost.open(made, { width: 546, height: 820 });
    await host.view('Tokens');
    await settled();
    await host.page.keyboard.press('Tab');
    await host.page.locator('.cf-token.cf-active.cf-chosen').waitFor();
    assert.ok((await host.page.locator('.cf-tokens').evaluate((e) => e.scrollTop)) > 0);
  });
});
