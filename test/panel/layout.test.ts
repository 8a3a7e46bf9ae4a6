/** Picture and curves share the screen, whatever the panel's size; how a person arranges the rest stays. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { FakeHost, recorded, type Engine } from './support/fake-host';
import { closeBrowser } from './support/page';
import { plainGeometry, synthetic } from './support/synthetic';

/** Beside the text with the side bar open at 1440 x 900 and 1920 x 1080, narrower, and maximised. */
const SIZES = [
  [480, 820],
  [500, 820],
  [546, 820],
  [786, 1000],
  [786, 820],
  [1400, 800],
] as const;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

describe('panel: the layout', () => {
  let host: FakeHost;
  const open = async (engine: Engine, width: number, height: number): Promise<Page> => {
    host = await FakeHost.open(engine, { width, height });
    await host.page.locator('cf-curves .cf-curve-list li').nth(3).waitFor();
    await settled();
    return host.page;
  };
  /** Sizes that follow from sizes are there. */
  const settled = (): Promise<void> =>
    host.page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))),
    );
  const box = async (selector: string): Promise<Box> => (await host.page.locator(selector).boundingBox())!;
  const inside = (b: Box, width: number, height: number): boolean =>
    b.x >= 0 && b.y >= 0 && b.x + b.width <= width && b.y + b.height <= height;
  const PICTURE = '.cf-picture';
  const CHART = 'cf-curves canvas';
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  for (const [width, height] of SIZES) {
    it(`${width} x ${height}: the picture and the whole chart are on the screen, before and after a click`, async () => {
      const page = await open(recorded('star'), width, height);
      const before = await box(PICTURE);
      await page.locator(PICTURE).click({ position: { x: before.width / 2, y: before.height / 2 } });
      await host.message('set-patches');
      await settled();
      const [picture, chart] = [await box(PICTURE), await box(CHART)];
      assert.deepEqual(picture, before, 'a click moves nothing');
      assert.ok(inside(picture, width, height), `picture ${JSON.stringify(picture)}`);
      assert.ok(inside(chart, width, height), `chart ${JSON.stringify(chart)}`);
      assert.ok(picture.height >= 240, `the picture is ${picture.height} pixels high`);
      assert.ok(chart.height >= 140 && chart.width >= 320, `the chart has ${chart.width} x ${chart.height} pixels`);
      const whole = await page.evaluate(() => {
        const { scrollWidth, scrollHeight } = document.documentElement;
        return [scrollWidth, scrollHeight];
      });
      assert.deepEqual(whole, [width, height], 'nothing to scroll');
      // Nothing lies over the chart, and nothing is cut off by the part it stands in.
      const reached = await page.evaluate(
        ({ x, y, width: w, height: h }) =>
          [
            [x + 2, y + 2],
            [x + w - 2, y + h - 2],
          ].map(([px, py]) => document.elementFromPoint(px, py)?.closest('cf-curves cf-chart') !== null),
        chart,
      );
      assert.deepEqual(reached, [true, true]);
    });
  }

  it('a question of two lines, a banner and seven curves leave picture and chart on the screen', async () => {
    const page = await open(recorded('star'), 500, 820);
    const from = ['System', 'Text', 'True Option'].map((name) => ({
      kind: 'edge' as const,
      from: name,
      to: 'Last',
      window: 3,
    }));
    await host.edit({
      knockouts: [...host.experiment.knockouts, ...from],
      problems: [{ message: 'unknown set "Imgae"', hint: 'did you mean "Image"?', line: 12 }],
    });
    await page.getByText('1 problem in the config').waitFor();
    await settled();
    for (const selector of [PICTURE, CHART]) assert.ok(inside(await box(selector), 500, 820), selector);
    await page.locator('cf-knockouts li').last().scrollIntoViewIfNeeded();
    await settled();
    assert.ok(inside(await box(CHART), 500, 820), 'the chart stays while the list below it scrolls');
  });

  it('576 patches are large enough to hit at 546 pixels, and a drag makes them larger', async () => {
    const made = await synthetic(5, { layers: 8, heads: 2, before: 5, after: 9, geometry: plainGeometry(24) });
    host = await FakeHost.open(made, { width: 546, height: 820 });
    await host.page.locator('.cf-picture').waitFor();
    await settled();
    const before = await box(PICTURE);
    assert.ok(before.height / 24 >= 10, `${before.height / 24} pixels a patch`);
    const sash = await box('.cf-sash-y');
    await host.page.mouse.move(sash.x + 100, sash.y + 3);
    await host.page.mouse.down();
    await host.page.mouse.move(sash.x + 100, sash.y + 63, { steps: 5 });
    await settled();
    assert.equal((await box(PICTURE)).height, before.height + 60, 'the picture follows the pointer');
    await host.page.mouse.up();
    await settled();
    assert.equal((await box(PICTURE)).height, before.height + 60);
    assert.ok(inside(await box(CHART), 546, 820), 'the chart keeps its place');
    await host.page.reload();
    await host.page.locator('.cf-picture').waitFor();
    await settled();
    assert.equal((await box(PICTURE)).height, before.height + 60, 'remembered');
    await host.page.locator('.cf-sash-y').dblclick();
    await settled();
    assert.equal((await box(PICTURE)).height, before.height, 'a double click gives the size back');
  });

  it('sizes change by keys, within limits, and say what they are', async () => {
    const page = await open(recorded('star'), 786, 1000);
    const width = (await box('.cf-pane-picture')).width;
    const split = page.getByRole('separator', { name: 'Width of the picture' });
    await split.focus();
    await page.keyboard.press('ArrowRight');
    await settled();
    assert.ok(Math.abs((await box('.cf-pane-picture')).width - width - 16) < 1);
    assert.equal(await split.getAttribute('aria-valuenow'), String(Math.round((await box('.cf-pane-picture')).width)));
    await page.keyboard.press('End');
    await settled();
    assert.ok((await box(CHART)).width >= 240, 'the curves keep some room');
    await page.keyboard.press('Enter');
    await settled();
    assert.equal((await box('.cf-pane-picture')).width, width);
    const top = page.getByRole('separator', { name: 'Height of the picture and the curves' });
    await top.focus();
    await page.keyboard.press('End');
    await settled();
    assert.ok((await box('.cf-view:not([hidden])')).height >= 180, 'the views keep some room');
  });

  it('parts close, stay closed over a reload, and leave their room to the others', async () => {
    const page = await open(recorded('star'), 786, 1000);
    const [chart, lens] = [await box(CHART), await box('cf-lens')];
    await page.getByRole('button', { name: 'Picture', exact: true }).click();
    await settled();
    assert.ok((await box(CHART)).width > 1.5 * chart.width);
    await page.reload();
    await page.locator('cf-curves .cf-curve-list li').nth(3).waitFor();
    assert.equal(await page.locator('.cf-picture').isVisible(), false);
    await host.send({ type: 'do', action: 'focus-image' });
    await page.waitForFunction(() => document.activeElement?.classList.contains('cf-picture'));
    await page.getByRole('button', { name: 'Knockouts', exact: true }).click();
    await settled();
    assert.equal(await page.locator(CHART).isVisible(), false);
    assert.ok((await box('cf-lens')).height > lens.height);
    await page.getByRole('button', { name: 'Views', exact: true }).click();
    assert.equal(await page.locator('cf-lens').isVisible(), false);
    await page.getByRole('tab', { name: 'Tokens' }).click();
    assert.ok(await page.locator('cf-tokens').isVisible(), 'a tab opens the views');
    for (const [fold, shown] of [
      ['Details', '.cf-model'],
      ['Settings', '#cf-overlay-settings'],
    ]) {
      await page.getByRole('button', { name: fold, exact: true }).click();
      await page.reload();
      await page.locator(shown).waitFor();
    }
  });

  it('a tab shows its view and nothing is computed for the others', async () => {
    const page = await open(recorded('star'), 546, 820);
    const asked = (name: string): number => host.messages('request').filter((m) => m.name === name).length;
    assert.deepEqual([asked('flow'), asked('tokenLens')], [0, 0]);
    await page.getByRole('tab', { name: /^Knockouts/ }).focus();
    for (const [key, view] of [
      ['ArrowRight', 'cf-lens'],
      ['ArrowRight', 'cf-tokens'],
      ['End', 'cf-flow'],
      ['ArrowRight', 'cf-curves'],
      ['ArrowLeft', 'cf-flow'],
    ]) {
      await page.keyboard.press(key);
      await page.locator(view).waitFor();
      assert.equal(await page.locator('.cf-view:visible').count(), 1);
    }
    await page
      .locator('cf-flow')
      .getByText(/edges? of at least/)
      .waitFor();
    assert.deepEqual([asked('flow'), asked('tokenLens')], [1, 1]);
    assert.ok(inside(await box(PICTURE), 546, 820), 'the picture stays above every view');
    await page.reload();
    await page.locator('cf-flow').waitFor();
  });

  it('another width arranges the parts anew and keeps what they show', async () => {
    const page = await open(recorded('star'), 546, 820);
    await page.getByRole('radio', { name: 'Probability' }).click();
    await page.setViewportSize({ width: 786, height: 1000 });
    await page.getByRole('heading', { name: 'Knockouts' }).waitFor();
    await settled();
    assert.equal(await page.getByRole('radio', { name: 'Probability' }).getAttribute('aria-checked'), 'true');
    const [picture, chart] = [await box(PICTURE), await box(CHART)];
    assert.ok(chart.x > picture.x + picture.width, 'beside each other');
    assert.equal(await page.getByRole('tab', { name: /^Knockouts/ }).count(), 0);
    await page.setViewportSize({ width: 546, height: 820 });
    await page.getByRole('tab', { name: /^Knockouts/, selected: true }).waitFor();
    await settled();
    assert.ok(inside(await box(CHART), 546, 820));
  });

  it('a window too low for all of it scrolls as a whole', async () => {
    const page = await open(recorded('star'), 546, 420);
    assert.ok((await box(PICTURE)).height >= 120);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    assert.ok(height > 420);
    await page.locator(CHART).scrollIntoViewIfNeeded();
    await settled();
    assert.ok((await box(CHART)).height >= 140);
  });
});
