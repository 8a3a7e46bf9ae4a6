import assert from 'node:assert/strict';
import { Panel } from './support/panel';
import { PATIENCE, until, VSCode } from './support/vscode';

describe('a panel that follows the text, and one that is locked', function () {
  this.timeout(4 * PATIENCE);
  let code: VSCode;
  before(async () => {
    code = await VSCode.start({ viewport: { width: 1440, height: 900 } });
  });
  after(() => code?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });
  const tabs = (): Promise<string[]> => code.page.locator('.tab[aria-label*="Crossflow: "]').allInnerTexts();
  const shows = (titles: readonly string[]): Promise<void> =>
    until(
      async () => {
        const found = (await tabs()).map((text) => text.trim());
        return JSON.stringify(found) === JSON.stringify(titles.map((title) => `Crossflow: ${title}`));
      },
      `panels: ${titles.join(', ')}`,
    );

  const button = (name: string) => code.page.locator('.editor-actions').getByRole('button', { name });

  it('turns to the experiment in front, and back', async () => {
    await code.open('examples/star.flow.json');
    await code.command('Crossflow: Open Panel Beside');
    await Panel.shown(code);
    await shows(['star']);
    await code.page.locator('.editor-instance .view-lines').first().click();
    await code.open('examples/clicked.flow.json');
    await shows(['clicked']);
    const panel = await Panel.shown(code);
    await panel.frame.locator('cf-header').getByText('What is the white shape').waitFor({ timeout: PATIENCE });
    assert.ok((await panel.curves.count()) > 0);
    await code.open('examples/star.flow.json');
    await shows(['star']);
    // A data set has a view of its own, a study has none.
    for (const other of ['examples/dataset.flow.json', 'examples/all.study.json']) await code.open(other);
    await code.settle();
    await shows(['star']);
  });

  it('stays where it is once locked, and the next panel follows', async () => {
    await code.command('Crossflow: Lock Panel');
    await shows(['star (locked)']);
    await code.open('examples/clicked.flow.json');
    await code.settle();
    await shows(['star (locked)']);
    await code.command('Crossflow: Open Panel Beside');
    await shows(['star (locked)', 'clicked']);
    await code.open('examples/star.flow.json');
    await code.settle();
    await shows(['star (locked)', 'clicked']);
  });

  it('is locked, or follows, in the next window as well, and a button in its title says which', async () => {
    // A page that has not loaded has told the window nothing that could be kept for the next one.
    await code.frameWith('body[data-uri$="/clicked.flow.json"] .cf-picture');
    await code.settle(3000);
    await code.reload();
    await shows(['star (locked)', 'clicked']);
    await code.page.locator('.tab', { hasText: 'Crossflow: star' }).click();
    await button('Unlock Panel').first().waitFor({ timeout: PATIENCE });
    await button('Unlock Panel').first().click();
    // Only one follows.
    await shows(['star', 'clicked (locked)']);
  });
});
