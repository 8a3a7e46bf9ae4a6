/** What a user does and sees in the panel. */
import type { Frame, Locator } from 'playwright-core';
import { PATIENCE, until, type VSCode } from './vscode';

/** Patches in a row (and a column) of the embedded model's pictures. */
const GRID = 10;

export class Panel {
  private constructor(
    private readonly code: VSCode,
    readonly frame: Frame,
  ) {}

  /** The panel of the experiment that is open, once it shows an answer. */
  static async shown(code: VSCode): Promise<Panel> {
    const panel = new Panel(code, await code.webview('panel'));
    await panel.frame.locator('.cf-picture').waitFor({ timeout: PATIENCE });
    await panel.computed();
    return panel;
  }

  /** Brings a view to the front: `Token flow`. Where the panel is wide, the knockouts have no tab and are always there. */
  async view(title: string): Promise<void> {
    const tab = this.frame.getByRole('tab', { name: new RegExp(`^${title}`) });
    if (await tab.count()) await tab.click();
  }

  get curves(): Locator {
    return this.frame.getByRole('list', { name: 'Knockouts' }).getByRole('listitem');
  }

  /** Waits until nothing runs and every curve has its numbers. */
  async computed(): Promise<void> {
    await until(async () => {
      if (await this.frame.locator('.cf-status').count()) return false;
      const rows = await this.table();
      return rows.length > 1 && rows.every((row) => row.every((cell) => cell !== '' && !/NaN|–|…/.test(cell)));
    }, 'all curves');
  }

  /** Every number of the curves, as the table for readers has them. */
  async table(): Promise<string[][]> {
    return this.frame.evaluate(() => {
      const table = document.querySelector('cf-curves table');
      return [...(table?.querySelectorAll('tr') ?? [])].map((row) =>
        [...row.querySelectorAll('th,td')].map((cell) => (cell.textContent ?? '').trim()),
      );
    });
  }

  async picture(): Promise<{ x: number; y: number; width: number; height: number }> {
    const box = await this.frame.locator('.cf-picture').boundingBox();
    if (!box) throw new Error('the picture is not shown');
    return box;
  }

  /** The middle of a patch, in pixels of the window. */
  async place(patch: number): Promise<{ x: number; y: number }> {
    const { x, y, width, height } = await this.picture();
    // Square pictures lie in the middle of their box.
    const side = Math.min(width, height);
    const cell = side / GRID;
    return {
      x: x + (width - side) / 2 + cell * ((patch % GRID) + 0.5),
      y: y + (height - side) / 2 + cell * (Math.floor(patch / GRID) + 0.5),
    };
  }

  /** Gives the picture the keyboard. What had it before may still be handing it over. */
  async focusPicture(): Promise<void> {
    await until(async () => {
      await this.frame.locator('.cf-picture').focus();
      await this.code.settle(300);
      return this.frame.evaluate(
        () => document.hasFocus() && document.activeElement?.classList.contains('cf-picture') === true,
      );
    }, 'the keyboard in the picture');
  }

  async click(patch: number): Promise<void> {
    // A panel that has just been saved or shown is still arranging itself: nobody clicks on what moves.
    let { x, y } = await this.place(patch);
    for (let still = 0; still < 3;) {
      await this.code.settle(150);
      const now = await this.place(patch);
      still = now.x === x && now.y === y ? still + 1 : 0;
      ({ x, y } = now);
    }
    await this.code.page.mouse.click(x, y);
  }

  /** A drag with the mouse through the middles of these patches. */
  async drag(...patches: readonly number[]): Promise<void> {
    const { mouse } = this.code.page;
    const [first, ...rest] = await Promise.all(patches.map((patch) => this.place(patch)));
    await mouse.move(first.x, first.y);
    await mouse.down();
    for (const { x, y } of rest) await mouse.move(x, y, { steps: 4 });
    await mouse.up();
  }
}
