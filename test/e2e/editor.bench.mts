/**
 * npm run bench:editor: what a user waits for, in the packaged extension inside a real VS Code, on the embedded
 * model. Prints medians; needs `npm run package` and scripts/install-vscode.sh first.
 */
import type { Frame } from 'playwright-core';
import { Panel } from './support/panel';
import { until, VSCode } from './support/vscode';

/** Each window starts cold: extension host, engine, model. */
const WINDOWS = Number(process.env.CROSSFLOW_WINDOWS ?? 5);
const CLICKS = 8;
/** Patches of the example's star: each changes the curve visibly. */
const PATCHES = [65, 66, 75, 55, 64, 76, 74, 56];

interface Waits {
  readonly activation: number;
  readonly open: number;
  readonly clicks: readonly number[];
}

/** Milliseconds from the release of the mouse button to the first frame that shows all of the new curve. */
async function clickToCurve(panel: Panel, frame: Frame, patch: number): Promise<number> {
  const waited = frame.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let released: number | undefined;
        window.addEventListener('pointerup', () => (released = performance.now()), { once: true, capture: true });
        // The host's last word in a round has every curve whole; the page draws it in the next frame.
        const heard = ({ data }: MessageEvent<{ type: string; curves?: readonly unknown[] }>): void => {
          if (released === undefined || data.type !== 'curves' || data.curves?.includes(null)) return;
          window.removeEventListener('message', heard);
          requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - released!)));
        };
        window.addEventListener('message', heard);
      }),
  );
  await panel.click(patch);
  return waited;
}

async function measure(): Promise<Waits> {
  const code = await VSCode.start();
  try {
    const { page } = code;
    await code.command('Crossflow: Show Output');
    await code.command('Developer: Show Running Extensions');
    // The list is sorted by this time, the slowest first, and shows only what is in sight.
    const list = page.locator('.runtime-extensions-editor .monaco-list');
    await list.locator('.extension').first().click();
    const row = list.locator('.extension', { hasText: '0.1.0' }).filter({ hasText: /Crossflow/i });
    let activation = NaN;
    await until(async () => {
      await page.keyboard.press('PageDown');
      activation = Number(/(\d+)\s*ms/.exec(await row.first().innerText({ timeout: 300 }))?.[1]);
      return Number.isFinite(activation);
    }, 'the activation time');

    // From the choice of the file to the first curve beside the text.
    const first = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let chosen: number | undefined;
          window.addEventListener('mouseup', () => (chosen ??= performance.now()), { capture: true });
          const look = (): void => {
            const shown =
              chosen !== undefined &&
              [...document.querySelectorAll('.view-line')].some((line) => /[▾▴]\s/.test(line.textContent ?? ''));
            if (shown) resolve(performance.now() - chosen!);
            else requestAnimationFrame(look);
          };
          look();
        }),
    );
    // When opening fails, that is the error to show.
    first.catch(() => undefined);
    await code.open('examples/star.flow.json');
    const open = await first;

    await code.command('Crossflow: Open Panel Beside');
    const panel = await Panel.shown(code);
    const clicks: number[] = [];
    // The first makes the set; it is like the others but for the text.
    for (const patch of PATCHES.slice(0, CLICKS)) {
      clicks.push(await clickToCurve(panel, panel.frame, patch));
      await panel.computed();
    }
    return { activation, open, clicks };
  } finally {
    await code.stop();
  }
}

const median = (list: readonly number[]): number => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const line = (what: string, list: readonly number[]): string =>
  `${what.padEnd(44)} median ${median(list).toFixed(0).padStart(5)} ms   (${Math.min(...list).toFixed(0)}–${Math.max(...list).toFixed(0)}, ${list.length} times)`;

void (async () => {
  const all: Waits[] = [];
  for (let i = 0; i < WINDOWS; i++) all.push(await measure());
  console.log(
    line(
      'activation, no experiment open',
      all.map(({ activation }) => activation),
    ),
  );
  console.log(
    line(
      'config opened to first curve, all cold',
      all.map(({ open }) => open),
    ),
  );
  console.log(
    line(
      'click on a patch to updated curve',
      all.flatMap(({ clicks }) => clicks),
    ),
  );
})();
