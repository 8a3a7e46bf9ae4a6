import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PATIENCE, until, VSCode } from './support/vscode';

const STUDY = 'examples/all.study.json';

describe('a study in VS Code', function () {
  this.timeout(5 * PATIENCE);
  let code: VSCode;
  let file: string;

  before(async () => {
    code = await VSCode.start();
    file = path.join(code.folder, STUDY);
    // Two tasks, a few questions of each.
    const tasks = /"tasks": \[[^]*?\]/;
    const two =
      '"tasks": ["shapes_val_question_with_choose_ChooseAttr.csv", "shapes_val_question_with_positionQuery_QueryAttr.csv"]';
    await writeFile(file, (await readFile(file, 'utf8')).replace(tasks, two).replace('"limit": 20', '"limit": 3'));
    await code.open(STUDY);
  });
  after(() => code?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });
  const lens = (title: string) => code.page.locator('.codelens-decoration a').getByText(title, { exact: true });

  it('tells a mistake once', async () => {
    const text = await readFile(file, 'utf8');
    const markers = (): Promise<string> =>
      code.page
        .locator('.part.statusbar [id="status.problems"]')
        .getAttribute('aria-label')
        .then((label) => label ?? '');
    await writeFile(file, text.replace('"windows":', '"widnows":'));
    await until(async () => /1/.test(await markers()), 'the problem');
    await code.settle(2000);
    assert.match(await markers(), /Errors: 1|1 error|Warnings: 1|1 warning|1 problem/i);
    await writeFile(file, text);
    await until(async () => !/[1-9]/.test(await markers()), 'no problem any more');
  });

  it('runs from its text, with progress, and opens its report', async () => {
    for (const title of ['Run', 'Status', 'Report']) await lens(title).waitFor({ timeout: PATIENCE });
    await lens('Run').click();
    await code
      .notification(/Crossflow: all/)
      .first()
      .waitFor({ timeout: PATIENCE });
    await code
      .notification('all is done: ')
      .getByRole('button', { name: 'Open Report' })
      .click({ timeout: 4 * PATIENCE });
    const report = await code.frameWith('body > header > h1');
    assert.match(await report.locator('h1').innerText(), /^all: ChooseAttr, QueryAttr on shapes-llava/);
    await report.getByRole('link', { name: 'QueryAttr' }).first().waitFor({ timeout: PATIENCE });
    // The whole width of the editor, not a third column.
    const [page, editor] = await Promise.all(
      ['.webview.ready, iframe.webview', '.part.editor'].map((selector) =>
        code.page.locator(selector).last().boundingBox(),
      ),
    );
    assert.ok(page!.width > 0.9 * editor!.width, `${page!.width} of ${editor!.width}`);
    await code.command('View: Close Editor');
  });

  it('says how far each run is', async () => {
    await code.open(STUDY);
    await lens('Status').click();
    await code.page
      .locator('.quick-input-widget')
      .getByText('shapes-llava on QueryAttr')
      .first()
      .waitFor({ timeout: PATIENCE });
    await code.page
      .locator('.quick-input-titlebar', { hasText: '6 of 6 questions done' })
      .waitFor({ timeout: PATIENCE });
    await code.page.keyboard.press('Escape');
  });

  it('that ends with its window is told by the next one, which goes on', async () => {
    await writeFile(file, (await readFile(file, 'utf8')).replace('"limit": 3', '"limit": 20'));
    await code.settle();
    await lens('Run').click();
    await code
      .notification(/closing this window ends the run|of 40/)
      .first()
      .waitFor({ timeout: PATIENCE });
    await until(async () => {
      const text = await code
        .notification(/of 40/)
        .first()
        .innerText()
        .catch(() => '');
      return /(\d+) of 40/.test(text);
    }, 'a run on its way');
    await code.load();
    await code.open(STUDY);
    await code
      .notification(/all\.study\.json ended when its window closed\. Every finished question is kept/)
      .getByRole('button', { name: 'Resume' })
      .click({ timeout: PATIENCE });
    await code.notification('all is done: ').waitFor({ timeout: 5 * PATIENCE });
  });
});
