/** axe-core finds nothing to object to, in every theme and state, wide and narrow. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import type { AxeResults } from 'axe-core';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';
import { openResults } from './support/results';
import { THEMES } from './support/themes';

const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.failureSummary ?? ''}`));
}

describe('panel: axe-core', () => {
  after(closeBrowser);

  for (const theme of THEMES) {
    for (const width of [500, 1200]) {
      it(`${theme}, ${width} pixels wide`, async () => {
        const host = await FakeHost.open(recorded('star'), { theme, width });
        const { page } = host;
        for (const fold of ['Details', 'Settings'])
          await page.getByRole('button', { name: fold, exact: true }).first().click();
        for (const tab of await page.getByRole('tab').all()) {
          await tab.click();
          if ((await tab.innerText()) === 'Token flow')
            await page
              .locator('cf-flow')
              .getByText(/edges? of at least/)
              .waitFor();
          for (const summary of await page.locator('summary:visible').all())
            if (!(await summary.evaluate((e) => (e.parentElement as HTMLDetailsElement).open))) await summary.click();
          assert.deepEqual(await violations(page), [], await tab.innerText());
        }
        await host.send({
          type: 'status',
          status: { kind: 'busy', what: 'Blocking edges', fraction: 0.3, secondsLeft: 9, cancellable: true },
        });
        await host.edit({ problems: [{ message: 'unknown set "Imgae"', hint: 'did you mean "Image"?', line: 12 }] });
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('menu').waitFor();
        assert.deepEqual(await violations(page), []);
        await page.keyboard.press('Escape');
        await page.getByRole('combobox', { name: 'Overlay' }).click();
        await host.send({
          type: 'status',
          status: { kind: 'error', message: 'out of memory', hint: 'a smaller chunk' },
        });
        assert.deepEqual(await violations(page), []);
        assert.deepEqual(host.complaints, []);
        await host.close();
      });
    }
    it(`${theme}, other states`, async () => {
      const host = await FakeHost.open(recorded('star'), { theme }, (h) => (h.onReady = async () => undefined));
      assert.deepEqual(await violations(host.page), []);
      await host.edit({ restricted: true });
      assert.deepEqual(await violations(host.page), []);
      await host.edit({ restricted: false, isDataset: true });
      await host.send({ type: 'status', status: { kind: 'engine-down', message: 'killed' } });
      assert.deepEqual(await violations(host.page), []);
      assert.deepEqual(host.complaints, []);
      await host.close();
    });
    it(`${theme}, results view`, async () => {
      const results = await openResults(300, theme);
      assert.deepEqual(await violations(results.page), []);
      await results.deliver({ type: 'results-status', status: { kind: 'cancelled' } });
      await results.page.getByRole('button', { name: 'Continue' }).waitFor();
      assert.deepEqual(await violations(results.page), []);
      assert.deepEqual(results.complaints, []);
      await results.close();
    });
  }
});
