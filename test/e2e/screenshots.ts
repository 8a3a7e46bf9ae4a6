/**
 * npm run screenshots: the pictures of the walkthrough and the README, taken from the packaged extension in
 * a real VS Code (needs `npm run package` and scripts/install-vscode.sh first), dark and light.
 */
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Panel } from './support/panel';
import { root, until, VSCode } from './support/vscode';

const THEMES = { dark: 'Default Dark Modern', light: 'Default Light Modern' };
/** Wide enough for text and panel beside each other, small enough to be read in a README. */
const VIEWPORT = { width: 1440, height: 900 };
/** For the README, and wherever the panel needs room for two columns beside the text. */
const WIDE = { width: 1960, height: 1100 };
/** Patches that show the star of the example. */
const STAR = [55, 64, 65, 66, 67, 74, 75, 76, 77, 84, 85, 86];

async function take(name: keyof typeof THEMES): Promise<void> {
  const folder = path.join(os.tmpdir(), 'crossflow');
  await rm(folder, { recursive: true, force: true });
  const code = await VSCode.start({
    viewport: VIEWPORT,
    folder,
    settings: {
      'workbench.colorTheme': THEMES[name],
      'editor.wordWrap': 'off',
      'editor.fontSize': 13,
      'breadcrumbs.enabled': false,
      'files.autoSave': 'afterDelay',
      'files.autoSaveDelay': 100,
    },
  });
  const shot = async (file: string): Promise<void> => {
    await code.command('Notifications: Clear All Notifications');
    // The pointer leaves no hover, the caret no blink.
    await code.page.mouse.move(VIEWPORT.width / 2, 2);
    await code.settle(900);
    await code.page.screenshot({ path: path.join(root, 'media', `${file}-${name}.png`), caret: 'hide' });
    console.log(`media/${file}-${name}.png`);
  };
  try {
    await code.open('examples/star.flow.json');
    await code.command('Crossflow: Open Panel Beside');
    const panel = await Panel.shown(code);
    await shot('walkthrough/example');

    await code.command('View: Toggle Primary Side Bar Visibility');
    await code.page.setViewportSize(WIDE);
    for (const patch of STAR) await panel.click(patch);
    await panel.curves.filter({ hasText: 'clicked → Question' }).waitFor();
    await panel.computed();
    await code.settle(1500);
    await shot('screenshot');

    await panel.focusPicture();
    await code.page.setViewportSize({ width: WIDE.width, height: VIEWPORT.height });
    await code.settle(1500);
    await shot('walkthrough/patches');
    await code.page.setViewportSize(VIEWPORT);

    await code.command('View: Toggle Maximize Editor Group');
    await code.settle(1500);
    await shot('walkthrough/panel');
    await panel.view('Token flow');
    const flow = panel.frame.getByRole('tabpanel', { name: 'Token flow' });
    await flow.getByText(/edges of at least/).waitFor();
    // High enough for the drawing and all of its caption.
    await code.page.setViewportSize(WIDE);
    await code.settle(1500);
    await flow.screenshot({ path: path.join(root, 'media', `flow-${name}.png`) });
    console.log(`media/flow-${name}.png`);
    await code.page.setViewportSize(VIEWPORT);
    await code.command('View: Toggle Maximize Editor Group');

    await code.command('View: Focus First Editor Group');
    await code.command('View: Close Editors in Other Groups');
    await code.open('examples/images/2300034.jpg');
    await code.command('View: Show Explorer');
    await code.page
      .locator('.explorer-folders-view .monaco-list-row', { hasText: '2300034.jpg' })
      .click({ button: 'right' });
    await code.page.getByText('New Crossflow Experiment from This', { exact: false }).first().hover();
    await code.settle(600);
    await code.page.screenshot({ path: path.join(root, 'media', `walkthrough/own-${name}.png`), caret: 'hide' });
    console.log(`media/walkthrough/own-${name}.png`);
    await code.page.keyboard.press('Escape');
    await code.command('View: Toggle Primary Side Bar Visibility');

    await code.open('examples/dataset.flow.json');
    await code.command('Crossflow: Run Data Set');
    const results = await code.webview('results');
    await until(async () => (await results.locator('.cf-rows [role=row][data-index]').count()) > 10, 'the results');
    // Wide, so that the curves of every edge are in sight.
    await code.page.setViewportSize({ width: WIDE.width, height: VIEWPORT.height });
    await code.page.locator('.tab', { hasText: 'Results' }).click();
    await code.command('View: Toggle Maximize Editor Group');
    await code.settle(1000);
    await shot('walkthrough/results');
  } finally {
    await code.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

void (async () => {
  for (const name of Object.keys(THEMES) as (keyof typeof THEMES)[]) await take(name);
})();
