import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Panel } from './support/panel';
import { PATIENCE, until, VSCode } from './support/vscode';

describe('files that are compared, changed, saved for the first time, renamed and deleted', function () {
  this.timeout(4 * PATIENCE);
  let code: VSCode;
  let panel: Panel;
  const at = (name: string): string => path.join(code.folder, name);
  const panelTab = (title: string) => code.page.locator('.tab', { hasText: `Crossflow: ${title}` });
  /** A patch is clicked and stands in the file. */
  async function clicks(patch: number, file: string): Promise<void> {
    await panel.click(patch);
    await code.page
      .locator('.tab.dirty, .tab', { hasText: path.basename(file) })
      .first()
      .click();
    await until(async () => {
      await code.page.keyboard.press('Control+S');
      return new RegExp(`"clicked": \\{ "patches": \\[[^\\]]*\\b${patch}\\b`).test(await readFile(at(file), 'utf8'));
    }, `patch ${patch} in ${file}`);
    assert.equal(await code.page.locator('.notification-toast').count(), 0);
  }

  before(async () => {
    code = await VSCode.start({ settings: { 'explorer.confirmDelete': false, 'explorer.enableTrash': false } });
    await cp(at('examples/images/2300034.jpg'), at('images/picture.jpg'), { recursive: true });
  });
  after(() => code?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });

  it('a comparison of two experiments runs neither', async () => {
    await code.open('examples/dataset.flow.json');
    await code.fromExplorer('star.flow.json', 'Select for Compare');
    await code.fromExplorer('lens.flow.json', 'Compare with Selected');
    await code.page.locator('.monaco-diff-editor .view-line').first().waitFor({ timeout: PATIENCE });
    await code.settle(3000);
    assert.throws(() => code.enginePid(), /there is no engine/);
    await code.command('View: Close Editor');
  });

  it('a study shows what its own reader finds, with a fix', async () => {
    const file = at('examples/all.study.json');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace('"models":', '"knockouts": ["Imgae->Last"],\n  "models":'),
    );
    await code.open('examples/all.study.json');
    await code.page.locator('.squiggly-error').first().waitFor({ timeout: PATIENCE });
    await until(async () => {
      await code.page.keyboard.press('F8');
      return code.page.locator('.marker-widget', { hasText: 'unknown set "Imgae"' }).isVisible();
    }, 'the problem in the text');
    await code.page.keyboard.press('Escape');
    await code.page.keyboard.press('Control+.');
    await code.page.locator('.action-widget').getByText('Change to "Image"').waitFor({ timeout: PATIENCE });
    await code.page.keyboard.press('Enter');
    await code.page.locator('.squiggly-error').first().waitFor({ state: 'detached', timeout: PATIENCE });
    await code.command('File: Revert File');
    await code.command('View: Close Editor');
  });

  it('a picture that changes is asked about anew, one that is gone is named until it is back', async () => {
    const picture = at('examples/images/2300034.jpg');
    const before = await readFile(picture);
    await code.open('examples/star.flow.json');
    await until(async () => (await code.text()).includes('→ Star 98.8 %'), 'its answer');
    await cp(at('examples/images/2300000.jpg'), picture);
    await until(async () => /→ (?!Star 98\.8)\S+ [\d.]+ %/.test(await code.text()), 'the answer to the other picture');
    await rm(picture);
    await code.page.locator('.squiggly-error').first().waitFor({ timeout: PATIENCE });
    await writeFile(picture, before);
    await code.page.locator('.squiggly-error').first().waitFor({ state: 'detached', timeout: PATIENCE });
    await until(async () => (await code.text()).includes('→ Star 98.8 %'), 'its answer again');
    await code.command('View: Close Editor');
  });

  it('a new experiment keeps its panel and its engine when it is saved', async () => {
    await code.command('Crossflow: New Experiment…');
    await code.page.locator('.quick-input-list .monaco-list-row', { hasText: './models/shapes-llava' }).first().click();
    await until(async () => /→ \S+ [\d.]+ %/.test(await code.text()), 'its answer');
    await code.command('Crossflow: Open Panel Beside');
    panel = await Panel.shown(code);
    const engine = code.enginePid();
    await code.page.locator('.tab', { hasText: 'experiment.flow.json' }).first().click();
    await code.page.keyboard.press('Control+S');
    await until(() => Promise.resolve(existsSync(at('experiment.flow.json'))), 'the file');
    await panel.computed();
    await clicks(44, 'experiment.flow.json');
    await panel.computed();
    assert.equal(code.enginePid(), engine);
  });

  it('its panel can export from its own title bar', async () => {
    await panel.focusPicture();
    await code.page.locator('.editor-actions .action-label[aria-label^="Export Figure"]').first().click();
    await code.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Result as JSON' }).waitFor();
    await code.page.keyboard.press('Escape');
    await code.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  });

  it('a renamed experiment keeps its panel, also after the window was loaded again', async () => {
    // The explorer shows a file in the group that was used last.
    await code.page
      .locator('.tab', { hasText: /^experiment/ })
      .first()
      .click();
    const row = code.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'experiment.flow.json' });
    await row.first().click();
    await code.page.keyboard.press('F2');
    const input = code.page.locator('.explorer-folders-view input');
    await input.fill('renamed.flow.json');
    await input.press('Enter');
    await panelTab('renamed').waitFor({ timeout: PATIENCE });
    await clicks(45, 'renamed.flow.json');
    await code.reload();
    panel = await Panel.shown(code);
    await clicks(46, 'renamed.flow.json');
  });

  it('a deleted experiment takes its panel with it', async () => {
    await code.fromExplorer('renamed.flow.json', 'Delete Permanently');
    await panelTab('renamed').waitFor({ state: 'detached', timeout: PATIENCE });
  });
});
