/**
 * Pictures of the real thing, for the README and the walkthrough: npm run screenshots (after npm run package).
 * Needs Chromium and the VS Code server of scripts/install-vscode.sh.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Panel } from './support/panel';
import { PATIENCE, root, VSCode } from './support/vscode';

const THEMES = { dark: 'Default Dark Modern', light: 'Default Light Modern' } as const;
const media = (name: string): string => path.join(root, 'media', name);
/** The middle of the star in examples/star.flow.json. */
const STAR_PATCHES = [65, 66, 75, 76, 85, 86] as const;

async function pictures(): Promise<void> {
  for (const [name, theme] of Object.entries(THEMES)) {
    const code = await VSCode.start({
      settings: { 'workbench.colorTheme': theme, 'editor.wordWrap': 'off', 'workbench.sideBar.location': 'left' },
      viewport: { width: 1760, height: 1060 },
    });
    try {
      const shot = (file: string): Promise<Buffer> => code.page.screenshot({ path: media(file) });
      await mkdir(media('walkthrough'), { recursive: true });
      await code.open('examples/star.flow.json');
      await code.command('View: Toggle Primary Side Bar Visibility');
      await code.page.locator('.codelens-decoration').first().waitFor({ timeout: PATIENCE });
      await code.settle(3000);
      await shot(`walkthrough/example-${name}.png`);
      await code.command('Crossflow: Open Panel Beside');
      const panel = await Panel.shown(code);
      // A third for the text, two for the panel.
      const sash = await code.page.locator('.monaco-sash.vertical').all();
      const boxes = await Promise.all(sash.map(async (s) => s.boundingBox()));
      const middle = boxes.find((b) => b !== null && b.x > 600 && b.x < 1100 && b.height > 400);
      if (middle) {
        await code.page.mouse.move(middle.x + 2, middle.y + 300);
        await code.page.mouse.down();
        await code.page.mouse.move(640, middle.y + 300, { steps: 8 });
        await code.page.mouse.up();
      }
      await code.settle(1500);
      await shot(`walkthrough/panel-${name}.png`);
      for (const patch of STAR_PATCHES) {
        await panel.click(patch);
        await code.settle(800);
      }
      await panel.computed();
      await code.settle(1500);
      await shot(`walkthrough/patches-${name}.png`);
      await shot(name === 'dark' ? 'screenshot.png' : 'screenshot-light.png');
      await code.command('View: Close All Editors');
      await code.page
        .locator('.monaco-dialog-box button', { hasText: "Don't Save" })
        .click({ timeout: 3000 })
        .catch(() => undefined);
      await code.open('examples/dataset.flow.json');
      await code.command('Crossflow: Run Data Set');
      const results = await code.webview('results');
      await results.locator('.cf-row[data-index="5"]').waitFor({ timeout: 3 * PATIENCE });
      await code.settle(6000);
      await shot(`walkthrough/results-${name}.png`);
    } finally {
      await code.stop();
    }
  }
}

void pictures();
