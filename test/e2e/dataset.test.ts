import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { Panel } from './support/panel';
import { PATIENCE, until, VSCode } from './support/vscode';

const DATASET = 'examples/dataset.flow.json';

describe('a data set run in VS Code', function () {
  this.timeout(4 * PATIENCE);
  let code: VSCode;
  let results: Frame;
  const rows = () => results.locator('.cf-rows [role=row][data-index]');
  /** A line for each finished question: in the file of the start that is at work, and in one journal when it has ended. */
  const finished = (): string[] => {
    const output = path.join(code.folder, 'examples/results/dataset');
    const files = existsSync(output) ? readdirSync(output, { recursive: true, encoding: 'utf8' }) : [];
    return files
      .filter((name) => name.endsWith('.jsonl'))
      .flatMap((name) => readFileSync(path.join(output, name), 'utf8').trim().split('\n').slice(1));
  };

  before(async () => {
    code = await VSCode.start();
    await code.open(DATASET);
  });
  after(() => code?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });

  it('shows progress, can be stopped, and keeps what is done', async () => {
    await code.command('Crossflow: Run Data Set');
    results = await code.webview('results');
    // What will be lost is said while nothing is.
    await code
      .notification(/of 40.*; ends with this window/)
      .first()
      .waitFor({ timeout: PATIENCE });
    await until(async () => finished().length > 2, 'some questions');
    await results.getByRole('button', { name: 'Cancel' }).click();
    await results.getByText(/Every finished question is kept/).waitFor({ timeout: PATIENCE });
    const done = finished().length;
    assert.ok(done > 2 && done < 40, `${done} done`);
    // What is done is shown, also of a run that was stopped.
    await results.getByText(new RegExp(`kept: \\d+ of ${done} done, of 40 questions`)).waitFor({ timeout: PATIENCE });
  });

  /** Closes the results view, which a click on its heading brings in front. */
  async function closeView(): Promise<void> {
    await results.locator('h1').click();
    await code.command('View: Close Editor');
    await code.page.locator('.tab', { hasText: 'Results: dataset' }).waitFor({ state: 'detached', timeout: PATIENCE });
  }

  it('goes on when its view is closed, and can be cancelled in the title of its text', async () => {
    const before = finished().length;
    await results.getByRole('button', { name: 'Continue' }).click();
    await closeView();
    await until(async () => finished().length > before + 1, 'more questions');
    // The text's own title says that it runs, and ends it.
    await code.page.getByRole('button', { name: 'Cancel Run' }).first().click({ timeout: PATIENCE });
    await code.command('Crossflow: Open Results of a Data Set Run');
    results = await code.webview('results');
    await results.getByText(/Every finished question is kept/).waitFor({ timeout: PATIENCE });
    assert.ok(finished().length < 40, 'not all were asked');
  });

  it('goes on where it stopped and lists every question, outliers first', async () => {
    const before = finished();
    await results.getByRole('button', { name: 'Continue' }).click();
    await closeView();
    await code
      .notification('dataset is done')
      .getByRole('button', { name: 'Show Results' })
      .click({ timeout: PATIENCE });
    results = await code.webview('results');
    await until(async () => (await rows().count()) > 10, 'the table');
    const after = finished();
    assert.ok(
      before.every((line) => after.includes(line)),
      'nothing was computed twice',
    );
    assert.equal(after.length, 40);
    const outliers = await results.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('.cf-rows [role=row][data-index]')]
        .sort((a, b) => Number(a.dataset['index']) - Number(b.dataset['index']))
        .map((row) => Number(row.firstElementChild?.textContent)),
    );
    assert.deepEqual(
      outliers,
      [...outliers].sort((a, b) => b - a),
    );
    const tops = await results.evaluate(() =>
      [...document.querySelectorAll('.cf-rows [role=row][data-index]')].map((row) => row.getBoundingClientRect().top),
    );
    assert.equal(new Set(tops).size, tops.length, 'no row covers another');
    for (const name of [
      'information_flow.csv',
      'last_position_answer_probs.csv',
      'run.json',
      'report.html',
      'report.md',
    ])
      assert.ok(existsSync(path.join(code.folder, 'examples/results/dataset', name)), name);
  });

  it('opens the report as a page of the full column, for its files are not on the machine of this browser', async () => {
    await results.getByRole('button', { name: 'Open the report' }).click();
    const tab = code.page.locator('.tab', { hasText: 'Report: dataset' }).first();
    await tab.waitFor({ timeout: PATIENCE });
    const report = await code.frameWith('body > header > h1');
    await until(
      () =>
        report
          .locator('figure img')
          .evaluateAll(
            (all) =>
              all.length > 0 &&
              all.every((one) => (one as HTMLImageElement).complete && (one as HTMLImageElement).naturalWidth > 0),
          ),
      'the figures of the report',
    );
    assert.equal(await report.locator('script').count(), 0);
    // Its links lead to files that are there, and open them.
    const links = await report
      .locator('a[href^="command:vscode.open?"]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')!));
    const files = links.map((link) => {
      const [uri] = JSON.parse(decodeURIComponent(link.slice(link.indexOf('?') + 1))) as [{ path: string }];
      return uri.path;
    });
    assert.ok(files.length > 2 && files.every((file) => existsSync(file)), files.join(' '));
    await report.getByRole('link', { name: 'information_flow.csv' }).first().click();
    const table = code.page.locator('.tab', { hasText: 'information_flow.csv' }).first();
    await table.waitFor({ timeout: PATIENCE });
    await code.command('View: Close Editor');
    await tab.click();
    await code.command('View: Close Editor');
    await tab.waitFor({ state: 'detached', timeout: PATIENCE });
  });

  it('shows the folder of the results in the explorer', async () => {
    await results.getByRole('button', { name: 'Open the folder' }).click();
    const row = code.page.locator('.explorer-folders-view .monaco-list-row.selected', { hasText: 'dataset' });
    await row.first().waitFor({ timeout: PATIENCE });
  });

  it('shows the results again after the window is loaded again, and loads no model for it', async () => {
    const shown = (): Promise<string[]> => results.locator('.cf-rows [role=row][data-index]').allInnerTexts();
    const before = (await shown()).sort();
    await code.reload();
    results = await code.webview('results');
    await until(async () => (await rows().count()) > 10, 'the table');
    assert.deepEqual((await shown()).sort(), before);
    assert.equal(await results.getByRole('button', { name: 'Run', exact: true }).count(), 0);
    assert.throws(() => code.enginePid(), /there is no engine/);
  });

  it('opens a question as a live example', async () => {
    const id = await rows().first().locator('[role=gridcell]').nth(1).innerText();
    await rows().first().dblclick();
    await code.page
      .locator('.tab.active', { hasText: `dataset-${id}.flow.json` })
      .first()
      .waitFor({ timeout: PATIENCE });
    const panel = await Panel.shown(code);
    assert.equal(await panel.curves.count(), 6);
  });

  it('refuses a data set that is wrong, and says where', async () => {
    const file = path.join(code.folder, DATASET);
    await code.open(DATASET);
    await code.command('View: Close Editor');
    await writeFile(file, (await readFile(file, 'utf8')).replace('_ChooseAttr.csv', '_ChooseAtr.csv'));
    // The view is about the text as it is now, although that was closed and changed meanwhile.
    await code.page.locator('.tab', { hasText: 'Results: dataset' }).click();
    await rows().first().dblclick();
    await code.notification(/_ChooseAtr\.csv/).waitFor({ timeout: PATIENCE });
    await code.open(DATASET);
    await code.page.locator('.squiggly-error').first().waitFor({ timeout: PATIENCE });
    // A table of one's own: what it lacks is told at its key.
    await writeFile(path.join(code.folder, 'examples/own.csv'), 'image,question,answer\n2300034.jpg,Is it red?,yes\n');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/"csv": "[^"]*"/, '"csv": "own.csv"'));
    await code.page.locator('.editor-instance .view-line').first().click();
    await until(async () => {
      await code.page.keyboard.press('F8');
      return code.page
        .locator('.marker-widget', { hasText: 'lacks the column "question_id" (it has image, question, answer; ' })
        .isVisible();
    }, 'what the table lacks');
  });
});
