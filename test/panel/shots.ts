/** Pictures of the panel in every theme, for people to look at: node --import tsx test/panel/shots.ts FOLDER */
import path from 'node:path';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';
import { THEMES } from './support/themes';

async function main(folder: string): Promise<void> {
  for (const theme of THEMES) {
    for (const width of [500, 1200]) {
      const host = await FakeHost.open(recorded('star'), { theme, width, height: 1000 });
      await host.page.locator('cf-flow').scrollIntoViewIfNeeded();
      await host.page.waitForTimeout(500);
      await host.page.screenshot({ path: path.join(folder, `panel-${theme}-${width}.png`), fullPage: true });
      if (host.complaints.length > 0) console.error(host.complaints);
      await host.close();
    }
  }
  await closeBrowser();
}

void main(process.argv[2] ?? '.');
