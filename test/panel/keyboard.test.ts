/** Everything without a mouse. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';

/** Tabs until the focused element, or what is focused in its shadow, answers to the selector. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((s) => document.activeElement?.closest(s) !== null, selector)) return;
  }
  throw new Error(`no way to ${selector} by Tab`);
}

describe('panel: keyboard alone', () => {
  let host: FakeHost;
  let page: Page;
  beforeEach(async () => {
    host = await FakeHost.open(recorded('star'), {}, (h) => (h.live = false));
    page = host.page;
    await page
      .locator('#cf-overlay-words')
      .getByText(/scaled to its largest/)
      .waitFor();
  });
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  it('chooses patches and tells which', async () => {
    await tabTo(page, '.cf-picture');
    const live = page.locator('cf-image .cf-live');
    await page.keyboard.press('ArrowRight');
    await live.getByText('Patch 1, row 1, column 2, not selected').waitFor();
    await page.keyboard.press(' ');
    assert.deepEqual((await host.message('set-patches', 1)).patches, [1, 64, 65, 74, 75]);
    await live.getByText(/Patch 1, row 1, column 2, selected\. 5 in the set/).waitFor();
    await page.keyboard.press('Enter');
    assert.deepEqual((await host.message('set-patches', 2)).patches, [64, 65, 74, 75]);
    await page.keyboard.press('Shift+ArrowDown');
    assert.deepEqual((await host.message('set-patches', 3)).patches, [1, 11, 64, 65, 74, 75]);
    await page.keyboard.press('Alt+ArrowUp');
    assert.deepEqual((await host.message('set-patches', 4)).patches, [64, 65, 74, 75]);
    await page.keyboard.press('Control+a');
    assert.equal((await host.message('set-patches', 5)).patches.length, 100);
    await page.keyboard.press('Escape');
    assert.deepEqual((await host.message('set-patches', 6)).patches, []);
    await live.getByText('Set cleared').waitFor();
  });

  it('says which windows there are when another is typed, and asks for one that is right', async () => {
    const field = page.locator('.cf-window');
    const before = await field.inputValue();
    for (const wrong of ['0', '99']) {
      await field.fill(wrong);
      await field.press('Enter');
      await page
        .getByRole('alert')
        .getByText(`A window takes 1 to 10 layers, not ${wrong}; it stays ${before}.`)
        .waitFor();
      assert.equal(await field.inputValue(), before);
    }
    await field.fill('5');
    await field.press('Enter');
    assert.equal((await host.message('set-window', 1)).window, 5);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  it('the patch under the keyboard stays in sight when zoomed in', async () => {
    await tabTo(page, '.cf-picture');
    for (const key of ['+', '+', '+', '+', 'End', 'ArrowDown']) await page.keyboard.press(key);
    await page.locator('cf-image .cf-live').getByText('Patch 19, row 2, column 10').waitFor();
    const inSight = await page.evaluate(() => {
      const control = document.querySelector('cf-image') as unknown as {
        control: { list: number[][]; cursor: number };
        canvas: { width: number; height: number };
      };
      const [l, t, r, b] = control.control.list[control.control.cursor];
      return l >= 0 && t >= 0 && r <= control.canvas.width && b <= control.canvas.height;
    });
    assert.ok(inSight);
  });

  it('moves the layer and plays', async () => {
    await tabTo(page, 'cf-layers input');
    await page.keyboard.press('ArrowRight');
    await page.getByText('layer 6 of 0–9', { exact: true }).waitFor();
    await page.keyboard.press('Home');
    await page.getByText('layer 0 of 0–9', { exact: true }).waitFor();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByText('layer 2 of 0–9', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Play the layers' }).waitFor();
  });

  it('chooses the overlay, a knockout, and removes it', async () => {
    await tabTo(page, 'cf-overlay vscode-dropdown');
    await page.keyboard.press('ArrowDown');
    await page.locator('#cf-overlay-words').getByText(/Set “/).waitFor();
    await tabTo(page, '[aria-label^="Remove Image"]');
    await page.keyboard.press('Enter');
    assert.equal((await host.message('remove-knockout')).id, 'Image->Last w3');
    await tabTo(page, 'cf-curves [aria-label="Source"]');
    await page.keyboard.press('End');
    await tabTo(page, 'cf-curves [aria-label="New knockout"] vscode-button');
    await page.keyboard.press('Enter');
    assert.equal((await host.message('add-knockout')).knockout.kind, 'edge');
  });

  it('walks the tokens, unfolds the image, chooses a token', async () => {
    await tabTo(page, '[role=tab]');
    await page.keyboard.press('ArrowRight');
    await tabTo(page, '.cf-tokens');
    await page.keyboard.press('Home');
    const active = (): Promise<string | null> =>
      page.evaluate(() => {
        const id = document.querySelector('.cf-tokens')?.getAttribute('aria-activedescendant');
        return id ? (document.getElementById(id)?.getAttribute('aria-label') ?? null) : null;
      });
    assert.equal(await active(), 'token 0 <s>');
    for (let i = 0; i < 33; i++) await page.keyboard.press('ArrowRight');
    assert.match((await active())!, /100 image tokens, folded/);
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: /100 image tokens, shown/ }).waitFor();
    await page.keyboard.press('ArrowRight');
    assert.equal(await active(), 'token 33 patch 0');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    assert.equal(await active(), 'token 160 :');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page
      .locator('#cf-overlay-words')
      .getByText(/token 159/)
      .waitFor();
  });

  it('blocks an edge of the token flow from its list', async () => {
    await tabTo(page, '[role=tab]');
    await page.keyboard.press('End');
    await page.locator('cf-flow summary').waitFor();
    await tabTo(page, 'cf-flow summary');
    await page.keyboard.press('Enter');
    await tabTo(page, 'cf-flow table vscode-button');
    await page.keyboard.press('Enter');
    await host.message('add-token-knockout');
  });

  it('the menu opens, moves, closes and gives the focus back', async () => {
    await tabTo(page, '.cf-menu-button');
    await page.keyboard.press('ArrowDown');
    const focused = (): Promise<string | undefined> => page.evaluate(() => document.activeElement?.textContent?.trim());
    await page.getByRole('menu').waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'menuitem');
    assert.equal(await focused(), 'Figure (SVG)');
    await page.keyboard.press('End');
    assert.equal(await focused(), 'Result (JSON)');
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('menu').count(), 0);
    assert.equal(await focused(), 'Export');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'menuitem');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByText('Saved /home/you/results/figure.svg').waitFor();
    assert.deepEqual(host.messages('request').at(-1)!.params, { what: 'result', format: 'json' });
  });

  it('edits the question and comes back to where it was', async () => {
    await tabTo(page, '[aria-label="Edit the question"]');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.tagName === 'VSCODE-TEXT-FIELD');
    await page.keyboard.press('End');
    await page.keyboard.type(' Really?');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'What is the white shape, a circle or a star?' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label') === 'Edit the question');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.tagName === 'VSCODE-TEXT-FIELD');
    await page.keyboard.press('End');
    await page.keyboard.type(' Really?');
    await page.keyboard.press('Enter');
    assert.equal((await host.message('set-question')).question, 'What is the white shape, a circle or a star? Really?');
    await page.getByRole('heading', { name: /Really\?$/ }).waitFor();
  });
});
