import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseExperiment } from '../../src/core/experiment/parse';
import { Panel } from './support/panel';
import { PATIENCE, until, VSCode } from './support/vscode';

describe('ways into Crossflow, and out of it with files', function () {
  this.timeout(4 * PATIENCE);
  let code: VSCode;
  before(async () => {
    code = await VSCode.start({ settings: { 'explorer.compactFolders': false } });
  });
  after(() => code?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await code.picture(this.currentTest.title);
  });

  /** The text of the experiment in front, once it has this name. */
  async function made(name: string): Promise<string> {
    await code.page.locator('.tab.active', { hasText: name }).first().waitFor({ timeout: PATIENCE });
    await until(async () => (await code.text()).includes('"window"'), `the text of ${name}`);
    return code.text();
  }
  /**
   * Chooses the model of the folder where one is asked for; another comes with the extension. `ask` is done again when the
   * question went away by itself: VS Code closes it when something else takes the focus, such as a page that opens late.
   */
  async function withModel(ask: () => Promise<void>, label = './models/shapes-llava'): Promise<void> {
    const row = code.page.locator('.quick-input-list .monaco-list-row').filter({
      has: code.page.getByText(label, { exact: true }),
    });
    await until(async () => {
      await ask();
      return row
        .first()
        .click({ timeout: 10_000 })
        .then(
          () => true,
          async () => (await code.page.keyboard.press('Escape'), false),
        );
    }, `the choice of ${label}`);
  }
  /** Chooses among the pictures of the folder. */
  async function withPicture(label: string): Promise<void> {
    await code.page
      .locator('.quick-input-title', { hasText: 'New Crossflow experiment' })
      .waitFor({ timeout: PATIENCE });
    const row = code.page.locator('.quick-input-list .monaco-list-row').filter({
      has: code.page.getByText(label, { exact: true }),
    });
    await until(async () => {
      await code.page.locator('.quick-input-widget input.input').fill(label, { timeout: 2000 });
      return row
        .first()
        .click({ timeout: 3000 })
        .then(
          () => true,
          () => false,
        );
    }, `the choice of ${label}`);
  }
  const NEW = 'New Crossflow Experiment from This';

  it('the walkthrough opens with its picture', async () => {
    // Of a new installation too, whose first page would be VS Code's own.
    await code.command('Crossflow: Get Started');
    await code.page.getByText('Follow a picture to the answer').first().waitFor({ timeout: PATIENCE });
    const pictures = code.page.locator('.gettingStartedContainer img');
    const widths = (): Promise<number[]> =>
      pictures.evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth));
    await until(async () => (await widths()).some((width) => width > 500), 'its picture');
  });

  it('the terminal has the command line, with a Node that is there', async () => {
    await code.open('examples/dataset.flow.json');
    await code.page.locator('.codelens-decoration').first().waitFor({ timeout: PATIENCE });
    await code.command('Terminal: Create New Terminal');
    await code.page.locator('.terminal-wrapper.active .xterm-screen').waitFor({ timeout: PATIENCE });
    const at = (name: string): string => path.join(code.folder, name);
    await until(async () => {
      // A shell that is still starting loses what is typed.
      await code.page.locator('.terminal-wrapper.active .xterm-screen').click();
      await code.page.keyboard.type(
        'crossflow inspect models/shapes-llava --no-measure --json > inspected.json; echo $? > rc',
      );
      await code.page.keyboard.press('Enter');
      await code.settle(5000);
      return existsSync(at('rc')) && (await readFile(at('rc'), 'utf8')).trim() === '0';
    }, 'the command in the terminal');
    assert.match(await readFile(at('inspected.json'), 'utf8'), /"layers":\s*10/);
    await code.command('Terminal: Kill the Active Terminal Instance');
  });

  it('a new experiment from the palette', async () => {
    await withModel(() => code.command('Crossflow: New Experiment…'));
    await withPicture('examples/images/2300034.jpg');
    const text = await made('experiment.flow.json');
    assert.match(text, /"model": "models\/shapes-llava"|"model": "\.\/models\/shapes-llava"/);
    // It is right at birth, and what is typed first is the question.
    await until(async () => /→ \S+ [\d.]+ %/.test(await code.text()), 'its answer');
    assert.equal(await code.page.locator('.squiggly-error').count(), 0);
    await code.page.keyboard.type('What shape is it?');
    await until(async () => (await code.text()).includes('"question": "What shape is it?"'), 'a question of its own');
  });

  it('a new experiment from a picture, a CSV and a checkpoint, by the context menu of the explorer', async () => {
    await code.open('examples/images/2300034.jpg');
    await withModel(() => code.fromExplorer('2300034.jpg', NEW), '../models/shapes-llava');
    assert.match(await made('2300034.flow.json'), /"image": "images\/2300034\.jpg"/);
    await until(async () => /→ \S+ [\d.]+ %/.test(await code.text()), 'its answer');

    const csv = 'shapes_val_question_with_choose_ChooseAttr.csv';
    await code.open(`examples/${csv}`);
    await withModel(() => code.fromExplorer(csv, NEW), '../models/shapes-llava');
    assert.ok((await made(csv.replace('.csv', '.flow.json'))).includes(`"csv": "${csv}", "images": "images"`));

    await code.open('models/shapes-llava/config.json');
    await code.fromExplorer('shapes-llava', NEW);
    await withPicture('examples/images/2300029.jpg');
    assert.match(await made('shapes-llava.flow.json'), /"model": "\.\/models\/shapes-llava"/);
  });

  it('the example is put where the user says, and opens with its panel', async () => {
    await code.command('Crossflow: Open Example');
    await code.answerDialog(undefined, 'Put the Example Here');
    const file = path.join(code.folder, 'crossflow-example/examples/star.flow.json');
    await until(async () => existsSync(file), 'the copy');
    const panel = await Panel.shown(code);
    assert.match((await panel.frame.locator('.cf-model').textContent()) ?? '', /\.\.\/models\/shapes-llava ·/);
    assert.equal(await panel.curves.count(), 6);
    const { problems } = parseExperiment(await readFile(file, 'utf8'), file);
    assert.deepEqual(problems, []);
  });

  it('figures, tables, pictures and numbers are saved where the user says', async () => {
    const panel = await Panel.shown(code);
    const { frame } = panel;
    const at = (name: string): string => path.join(code.folder, name);
    const save = async (group: string, item: string, name: string): Promise<Buffer> => {
      await frame.getByRole('button', { name: 'Export' }).click();
      await frame.getByRole('group', { name: group }).getByRole('menuitem', { name: item }).click();
      await code.answerDialog(at(name), 'OK');
      await frame.getByText(`Saved ${at(name)}`).waitFor({ timeout: PATIENCE });
      return readFile(at(name));
    };
    const table = (await save('Knockout curves', 'Table (CSV)', 'curves.csv')).toString().trim().split('\n');
    assert.ok(table.length > 10 && table[0].includes(','), table[0]);
    assert.match((await save('Knockout curves', 'Figure (SVG)', 'curves.svg')).toString(), /<svg[\s\S]*Question/);
    assert.equal((await save('Logit lens', 'Figure (PDF)', 'lens.pdf')).subarray(0, 5).toString(), '%PDF-');
    const png = await save('Pictures', 'Picture with overlay (PNG)', 'picture.png');
    assert.equal(png.subarray(1, 4).toString(), 'PNG');

    await panel.focusPicture();
    // A list that opens before the palette has given the keyboard back to the page closes again, as any list does.
    const row = code.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Result as JSON' });
    await until(async () => {
      await code.command('Crossflow: Export Figure or Table…');
      return row.click({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
    }, 'the list of exports');
    await code.answerDialog(at('result.json'), 'OK');
    await code.notification(/wrote .*result\.json/).waitFor({ timeout: PATIENCE });
    const result = JSON.parse(await readFile(at('result.json'), 'utf8')) as { answer: { text: string }; knockouts: [] };
    assert.equal(result.answer.text, 'Star');
    assert.equal(result.knockouts.length, 6);
  });
});
