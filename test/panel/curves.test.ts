/** The curves and their legend: hide, bring out, and say once what all have in common. */
import assert from 'node:assert/strict';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';
import { THEMES } from './support/themes';
import { pixelsOf } from './support/pixels';

/** Colours of the dark theme: Question->Last and Image->Last. */
const GREEN = [0x2f, 0xc7, 0x9b] as const;
const ORANGE = [0xe6, 0x9f, 0x00] as const;

describe('panel: the curves and their legend', () => {
  let host: FakeHost;
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);
  const open = async (): Promise<void> => {
    host = await FakeHost.open(recorded('star'), { width: 546, height: 820 });
    await host.page.locator('cf-curves .cf-curve-list li').nth(3).waitFor();
  };
  /** How many pixels of the chart have this colour, in full. */
  const drawn = async ([r, g, b]: readonly [number, number, number]): Promise<number> => {
    await host.page.mouse.move(2, 2);
    return pointed([r, g, b]);
  };
  /** The same, with the pointer where it is. */
  const pointed = (colour: readonly [number, number, number]): Promise<number> =>
    host.page.evaluate(
      ([r, g, b]) =>
        new Promise<number>((done) =>
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              const c = document.querySelector<HTMLCanvasElement>('cf-curves canvas')!;
              const { data } = c.getContext('2d')!.getImageData(0, 0, c.width, c.height);
              let n = 0;
              for (let i = 0; i < data.length; i += 4)
                if (
                  data[i + 3] > 250 &&
                  Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 9
                )
                  n++;
              done(n);
            }),
          ),
        ),
      colour,
    );

  it('a click hides a curve and shows it again; a double click leaves it alone; both stay over a reload', async () => {
    await open();
    const { page } = host;
    const name = page.getByRole('button', { name: 'Curve of Question → Last' });
    const before = await drawn(GREEN);
    assert.ok(before > 100, `${before} pixels`);
    await name.click();
    assert.equal(await name.getAttribute('aria-pressed'), 'false');
    assert.equal(await drawn(GREEN), 0);
    assert.ok((await drawn(ORANGE)) > 50, 'the others stay');
    await page.reload();
    await page.locator('cf-curves .cf-curve-list li').nth(3).waitFor();
    assert.equal(await drawn(GREEN), 0);
    assert.equal(host.experiment.knockouts.length, 4, 'it is still a knockout');
    await name.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await name.getAttribute('aria-pressed'), 'true');
    await name.dblclick();
    assert.deepEqual(
      await page.locator('.cf-curve-name').evaluateAll((all) => all.map((e) => e.getAttribute('aria-pressed'))),
      ['true', 'false', 'false', 'false'],
    );
    assert.equal(await drawn(ORANGE), 0);
    await name.dblclick();
    assert.ok((await drawn(ORANGE)) > 50);
  });

  it('pointing at a knockout brings its curve out and leaves the others faint', async () => {
    await open();
    const { page } = host;
    assert.ok((await drawn(ORANGE)) > 50);
    await page.getByRole('button', { name: 'Curve of Question → Last' }).hover();
    assert.equal(await pointed(ORANGE), 0);
    assert.ok((await pointed(GREEN)) > 100);
    await page.getByRole('button', { name: 'Curve of Image → Last' }).focus();
    assert.ok((await pointed(ORANGE)) > 50, 'the keyboard does the same');
    await page.getByRole('tab', { name: /^Knockouts/ }).focus();
    assert.ok((await drawn(GREEN)) > 100 && (await drawn(ORANGE)) > 50);
  });

  it('says the window once, and beside a knockout only another one', async () => {
    await open();
    const { page } = host;
    const list = page.getByRole('list', { name: 'Knockouts' });
    assert.equal(await page.getByRole('spinbutton', { name: /Window/ }).inputValue(), '3');
    assert.doesNotMatch(await list.innerText(), /window/i);
    const knockouts = [...host.experiment.knockouts];
    knockouts[1] = { kind: 'edge', from: 'Image', to: 'Last', window: 5, heads: [0, 2] };
    await host.edit({ knockouts });
    await host.send({ type: 'curves', knockouts, curves: knockouts.map(() => null) });
    await list.getByText('Image → Last · window 5, heads 0, 2').waitFor();
    assert.equal((await list.innerText()).match(/window/g)?.length, 1);
  });

  for (const theme of THEMES) {
    it(`${theme}: the track of a slider is the theme's, darker than the text on a dark ground`, async () => {
      host = await FakeHost.open(recorded('star'), { width: 546, height: 820, theme });
      const box = (await host.page.getByRole('slider', { name: 'Layer' }).boundingBox())!;
      const middle = Math.round(box.y + box.height / 2);
      // Right of the thumb, in the part that is still to come.
      const x = Math.round(box.x + box.width * 0.8);
      const rows = await pixelsOf(host.page, { x, y: middle - 8, width: 1, height: 16 });
      const light = rows.map(([r, g, b]) => (r + g + b) / 3);
      const [track, ground] = theme.startsWith('hc')
        ? [theme === 'hc-dark' ? Math.max(...light) : Math.min(...light), light[0]]
        : [light[8], light[0]];
      assert.ok(Math.abs(track - ground) > 40, `track ${track} on ${ground}`);
      if (theme === 'dark') assert.ok(track < 128, `${track}`);
      // The inside of the track in high contrast is the ground's, not the browser's.
      if (theme.startsWith('hc')) assert.ok(Math.abs(light[8] - ground) < 10, `${light[8]}`);
    });
  }

  for (const width of [480, 546, 786, 1400]) {
    it(`${width} pixels: what Shift and Alt do can be read`, async () => {
      host = await FakeHost.open(recorded('star'), { width, height: 820 });
      const hint = host.page.getByText('Shift adds, Alt removes');
      const cut = await hint.evaluate((e) => e.scrollWidth > e.clientWidth);
      assert.deepEqual([await hint.isVisible(), cut], [true, false]);
      assert.equal(
        await host.page.getByRole('radio', { name: 'Lasso' }).getAttribute('title'),
        'Lasso: a drag adds what it surrounds; with Alt it removes',
      );
    });
  }
});
