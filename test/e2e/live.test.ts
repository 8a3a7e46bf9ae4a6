import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { Panel } from './support/panel';
import { PATIENCE, until, VSCode } from './support/vscode';

const STAR = 'examples/star.flow.json';

describe('the panel and the text, live beside each other in VS Code', function () {
  this.timeout(4 * PATIENCE);
  let code: VSCode;
  let panel: Panel;
  let file: string;
  /** The text as the editor saves it by itself, read as the parser does; throws while it has errors. */
  async function saved(): Promise<Experiment> {
    const { experiment, problems } = parseExperiment(await readFile(file, 'utf8'), file);
    assert.ok(experiment, problems.map(({ message }) => message).join('; '));
    return experiment;
  }
  /** Waits until the text on the disk is such. */
  const untilSaved = (holds: (experiment: Experiment) => boolean, what: string): Promise<void> =>
    until(async () => holds(await saved()), what);
  const clickedSet = ({ sets }: Experiment): string => {
    const set = sets['clicked'];
    return set?.kind === 'patches' ? set.patches.join(' ') : 'none';
  };
  const edges = (experiment: Experiment): string[] =>
    experiment.knockouts.map((k) => (k.kind === 'edge' ? `${k.from}->${k.to}` : `${k.kind}:${k.of}`));

  before(async () => {
    code = await VSCode.start({
      settings: { 'editor.wordWrap': 'off', 'files.autoSave': 'afterDelay', 'files.autoSaveDelay': 100 },
    });
    file = path.join(code.folder, STAR);
  });
  after(() => code?.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed')
      await code.page.screenshot({ path: path.join(code.folder, '..', '..', 'crossflow-e2e-failed.png') });
  });

  it('opens the example: results stand beside the text, the panel shows picture and answer', async () => {
    await code.open(STAR);
    await until(async () => (await code.text()).includes('→ Star 98.8 % ✓'), 'the answer beside the question');
    await until(async () => /▾ −8[12]\.\d % at layer 1/.test(await code.text()), 'a result beside a knockout');
    await code.command('Crossflow: Open Panel Beside');
    panel = await Panel.shown(code);
    const words = await panel.frame.locator('cf-header').innerText();
    assert.match(words, /What is the white shape, a circle or a star\?/);
    assert.match(words, /Star\s*98\.8 %/);
    assert.equal(await panel.curves.count(), 6);
  });

  it('three clicks on patches stand in the text and give a curve; undo takes them back in both', async () => {
    for (const patch of [56, 66, 67]) {
      const before = await code.text();
      await panel.click(patch);
      await until(async () => (await code.text()) !== before, `patch ${patch} in the text`);
    }
    await panel.curves.filter({ hasText: 'clicked → Question' }).waitFor({ timeout: PATIENCE });
    await panel.computed();
    await untilSaved((experiment) => clickedSet(experiment) === '56 66 67', 'three patches');
    assert.ok(edges(await saved()).includes('clicked->Question'));
    assert.equal(await panel.curves.count(), 7);

    // A panel over the whole window stays so, and keeps the keyboard: nothing is focused in between.
    const { keyboard } = code.page;
    const wide = async (): Promise<boolean> => (await panel.frame.evaluate(() => innerWidth)) > 1000;
    await keyboard.press('Control+K');
    await keyboard.press('Control+M');
    await until(wide, 'the panel over the whole window');
    for (let n = 0; n < 4; n++) await keyboard.press('Control+Z');
    await untilSaved((experiment) => clickedSet(experiment) === 'none', 'undo of three clicks');
    for (const right of ['56', '56 66']) {
      await keyboard.press('Control+Y');
      await untilSaved((experiment) => clickedSet(experiment) === right, `redo up to ${right}`);
    }
    for (const left of ['56', 'none']) {
      await keyboard.press('Control+Z');
      await untilSaved((experiment) => clickedSet(experiment) === left, `undo back to ${left}`);
    }
    assert.ok(await wide(), 'the panel is as wide as before');
    await keyboard.press('Control+K');
    await keyboard.press('Control+M');
    await until(async () => !(await wide()), 'the text beside the panel');
    await until(async () => (await panel.curves.count()) === 6, 'the curve to go');
  });

  it('a lasso takes the patches that it surrounds', async () => {
    await panel.frame.getByRole('radio', { name: 'Lasso' }).click();
    await panel.drag(44, 48, 88, 84, 44);
    await untilSaved((experiment) => clickedSet(experiment) !== 'none', 'the set');
    const set = (await saved()).sets['clicked'];
    assert.ok(set?.kind === 'patches' && set.patches.includes(66) && !set.patches.includes(11));
    await panel.computed();
  });

  it('a second patch set begins with a button, and the lasso fills it', async () => {
    await panel.frame.getByRole('button', { name: 'New patch set' }).click();
    const name = code.page.locator('.quick-input-widget input[type=text]:visible');
    await name.fill('Image');
    await code.page.getByText(/is a set that every experiment has/).waitFor({ timeout: PATIENCE });
    await name.fill('sky');
    await code.page.keyboard.press('Enter');
    await panel.frame.locator('vscode-option[value=sky]').waitFor({ state: 'attached', timeout: PATIENCE });
    await panel.drag(11, 14, 44, 41, 11);
    await untilSaved(({ sets }) => sets['sky']?.kind === 'patches', 'the second set');
    assert.ok(edges(await saved()).includes('sky->Question'));
    await panel.computed();
    await code.page.keyboard.press('Control+Z');
    await untilSaved(({ sets }) => !sets['sky'], 'undo');
    await panel.frame.getByRole('combobox', { name: 'Set that clicks edit' }).click();
    await panel.frame.getByRole('option', { name: 'clicked', exact: true }).click();
    await panel.computed();
  });

  it('a check says how far both ways differ', async () => {
    await panel.frame.getByRole('button', { name: 'Check', exact: true }).click();
    await panel.frame.getByText(/Largest difference/).waitFor({ timeout: PATIENCE });
    await panel.computed();
  });

  it('the slider moves the overlay', async () => {
    const legend = panel.frame.locator('cf-overlay');
    const slider = panel.frame.getByRole('slider', { name: 'Layer' });
    await slider.focus();
    const pixels = (): Promise<string> =>
      panel.frame.evaluate(() => document.querySelector<HTMLCanvasElement>('.cf-layer-overlay')!.toDataURL());
    await until(async () => /layer 5 of/.test(await legend.innerText()), 'the overlay of layer 5');
    const before = await pixels();
    await code.page.keyboard.press('ArrowRight');
    await until(async () => /layer 6 of/.test(await legend.innerText()), 'the overlay of layer 6');
    await until(async () => (await pixels()) !== before, 'another picture');
    await code.command('Crossflow: Previous Layer');
    await until(async () => /layer 5 of/.test(await legend.innerText()), 'the palette to move the layer too');
  });

  it('a click in the token flow blocks that edge in the text', async () => {
    const before = edges(await saved()).length;
    await panel.view('Token flow');
    const flow = panel.frame.locator('cf-flow');
    const box = flow.locator('.cf-flow-box');
    // Between words of the question: none of these is blocked yet.
    for (const [name, value] of [
      ['Edges', 'All tokens'],
      ['Image patches in the flow', 'Left out'],
    ]) {
      await flow.getByRole('combobox', { name }).click();
      await flow.getByRole('option', { name: value, exact: true }).click();
    }
    await flow.getByText(/Left out: .* from the image/).waitFor({ timeout: PATIENCE });
    const { x, y, width, height } = (await box.boundingBox())!;
    // Edges are thin: the pointer looks for one, as a user's would, among those that a config can name.
    const canBlock = async (): Promise<boolean> => (await panel.frame.locator('.cf-can-click').count()) > 0;
    for (let row = 0.3; row < 0.95; row += 0.05) {
      for (let column = 0.6; column < 0.98; column += 0.03) {
        await code.page.mouse.move(x + width * column, y + height * row);
        if (!(await canBlock())) continue;
        await code.page.mouse.click(x + width * column, y + height * row);
        await code.settle(700);
        const now = edges(await saved());
        if (now.length === before) continue;
        assert.equal(now.length, before + 1);
        await panel.view('Knockouts');
        await panel.computed();
        return;
      }
    }
    assert.fail('no edge under the pointer');
  });

  it('an error in the text is shown with a fix that works', async () => {
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"Image->Last"', '"Imgae->Last", "System->Last"'));
    await code.page.locator('.squiggly-error').first().waitFor({ timeout: PATIENCE });
    assert.match(await panel.frame.locator('.cf-notices').innerText(), /unknown set "Imgae"/);
    assert.ok(/▾ −8[12]\.\d % at layer 1/.test(await code.text()), 'results of what is right stay beside it');
    await until(async () => /"System->Last"\s?[▾▴n]/.test(await code.text()), 'a result of another new knockout');
    await panel.frame.getByRole('button', { name: /Line \d+: unknown set/ }).click();
    // The link has put the keyboard into the text.
    await until(async () => {
      await code.page.keyboard.press('F8');
      return code.page.locator('.marker-widget').isVisible();
    }, 'the problem in the text');
    await code.page.keyboard.press('Escape');
    await code.page.locator('.marker-widget').waitFor({ state: 'hidden', timeout: PATIENCE });
    await code.page.keyboard.press('Control+.');
    await code.page.locator('.action-widget').getByText('Change to "Image"').waitFor({ timeout: PATIENCE });
    await code.page.keyboard.press('Enter');
    await untilSaved((experiment) => edges(experiment).includes('Image->Last'), 'the fix in the text');
    await code.page.locator('.squiggly-error').first().waitFor({ state: 'detached', timeout: PATIENCE });
    await panel.computed();
  });

  it('checks the curves against the full pass, from the palette', async () => {
    await code.command('Crossflow: Check Against the Full Pass');
    await code.notification(/computed both ways differ by at most/).waitFor({ timeout: PATIENCE });
    await code.command('Notifications: Clear All Notifications');
  });

  it('says so when the engine dies, keeps what it shows, and gives the same numbers after a restart', async () => {
    await panel.computed();
    const before = await panel.table();
    process.kill(code.enginePid(), 'SIGKILL');
    await panel.frame.getByText(/The engine's process ended/).waitFor({ timeout: PATIENCE });
    assert.deepEqual(await panel.table(), before);
    await panel.frame.getByRole('button', { name: 'Restart the engine' }).click();
    await panel.frame.getByText(/The engine's process ended/).waitFor({ state: 'detached', timeout: PATIENCE });
    await panel.computed();
    assert.deepEqual(await panel.table(), before);
  });

  it('a run can be cancelled from the palette, and goes on when asked', async () => {
    const text = await readFile(file, 'utf8');
    // The slow reference way, over many edges, takes long enough to be stopped.
    const many = Array.from({ length: 4 }, (_, head) =>
      ['Question', 'Image', 'Instruction', 'System', 'Text'].map((from) =>
        JSON.stringify({ from, to: 'Last', heads: [head] }),
      ),
    ).flat();
    await writeFile(file, text.replace('"knockouts": [', `"method": "full", "knockouts": [${many.join(', ')},`));
    await panel.frame.getByRole('button', { name: 'Cancel' }).waitFor({ timeout: PATIENCE });
    await code.command('Crossflow: Cancel Run');
    await panel.frame.getByText(/Cancelled\. What was computed stays/).waitFor({ timeout: PATIENCE });
    await writeFile(file, text);
    await panel.frame
      .getByText(/Cancelled\. What was computed stays/)
      .waitFor({ state: 'detached', timeout: PATIENCE });
    await panel.computed();
  });

  it('is back with its layer after the window is loaded again, and one engine serves it', async () => {
    await panel.frame.getByRole('slider', { name: 'Layer' }).focus();
    await code.page.keyboard.press('End');
    await panel.frame.locator('.cf-layer-number', { hasText: 'layer 9 of' }).waitFor({ timeout: PATIENCE });
    const before = await panel.table();
    await code.reload();
    panel = await Panel.shown(code);
    assert.deepEqual(await panel.table(), before);
    assert.match(await panel.frame.locator('.cf-layer-number').innerText(), /layer 9 of/);
  });

  it('had no violation of its content policy', () => {
    assert.deepEqual([...new Set(code.violations.map((text) => text.slice(0, 80)))], []);
    assert.ok(execFileSync('ps', ['-p', String(code.enginePid())]).length > 0);
  });
});
