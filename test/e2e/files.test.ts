import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseExperiment } from '../../src/core/experiment/parse';
import { Panel } from './support/panel';
import { PATIENCE, until, VSCode } from './support/vscode';

function engineIsGone(code: VSCode): boolean {
  try {
    code.enginePid();
    return false;
  } catch {
    return true;
  }
}

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

  it('keys, values and edges are completed as they are typed', async () => {
    await writeFile(at('examples/typed.flow.json'), '{\n  \n}\n');
    await code.open('examples/typed.flow.json');
    const { keyboard } = code.page;
    const type = (text: string): Promise<void> => keyboard.type(text, { delay: 30 });
    /** Waits for the list that typing opened, and takes the first of it, which must be this. */
    const take = async (label: string): Promise<void> => {
      const rows = code.page.locator('.suggest-widget.visible .monaco-list-row');
      await until(
        async () => (await rows.first().getAttribute('aria-label'))?.startsWith(label) === true,
        `the list, ${label} first`,
      );
      // A list takes no keys in its first moment.
      await code.settle(300);
      await keyboard.press('Enter');
      await rows
        .first()
        .waitFor({ state: 'hidden', timeout: 1000 })
        .catch(() => undefined);
    };
    const line = async (n: number): Promise<string> => (await code.text()).split('\n')[n].trim();
    // Once the extension answers for this text.
    await code.page.locator('.codelens-decoration').first().waitFor({ timeout: PATIENCE });
    await code.page.locator('.editor-instance .view-line').nth(1).click();
    await keyboard.press('End');
    await type('"mod');
    await take('model');
    await take('../models/shapes-llava');
    await until(async () => (await line(1)) === '"model": "../models/shapes-llava"', 'the model');
    await keyboard.press('End');
    await type(',');
    await keyboard.press('Enter');
    await type('image');
    await take('image');
    // The cursor stands between the quotes, where the pictures are offered.
    await type('images/2300029');
    await take('images/2300029.jpg');
    await until(async () => (await line(2)) === '"image": "images/2300029.jpg"', 'the picture');
    await keyboard.press('End');
    await type(',');
    await keyboard.press('Enter');
    await type('"question": "What is it?",');
    await keyboard.press('Escape');
    await keyboard.press('Enter');
    await type('"kno');
    await take('knockouts');
    await type('"Image->L');
    await take('Image->Last');
    await until(async () => (await line(4)) === '"knockouts": ["Image->Last"]', 'the edge');
    await keyboard.press('Control+S');
    const file = at('examples/typed.flow.json');
    await until(async () => {
      const { experiment } = parseExperiment(await readFile(file, 'utf8'), file);
      return experiment?.knockouts.length === 1;
    }, 'an experiment without errors');
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

  it('a checkpoint that is mended is tried again, and a folder that is renamed back is found', async () => {
    const config = at('models/shapes-llava/config.json');
    const good = await readFile(config, 'utf8');
    const answered = (): Promise<void> =>
      until(async () => (await code.text()).includes('→ Star 98.8 %'), 'its answer');
    const wrong = code.page.locator('.squiggly-error').first();
    await writeFile(config, good.replace(/"model_type": "[^"]*"/, '"model_type": "other"'));
    // No engine has it loaded: the last one goes a while after its last text.
    await until(async () => Promise.resolve(engineIsGone(code)), 'the engine to go');
    await code.open('examples/star.flow.json');
    await wrong.waitFor({ timeout: PATIENCE });
    await writeFile(config, good);
    await wrong.waitFor({ state: 'detached', timeout: PATIENCE });
    await answered();
    await rename(at('models'), at('away'));
    await wrong.waitFor({ timeout: PATIENCE });
    await rename(at('away'), at('models'));
    await wrong.waitFor({ state: 'detached', timeout: PATIENCE });
    await code.command('View: Close Editor');
  });

  it('a new experiment keeps its panel and its engine when it is saved', async () => {
    await code.command('Crossflow: New Experiment…');
    const rows = code.page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: './models/shapes-llava' }).first().click();
    await rows.filter({ hasText: 'images/picture.jpg' }).first().click({ timeout: PATIENCE });
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
