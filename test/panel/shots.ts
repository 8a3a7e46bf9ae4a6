/** Pictures of the panel and its states in every theme, for people to look at: node --import tsx test/panel/shots.ts FOLDER */
import path from 'node:path';
import type { PanelExperiment, PanelStatus } from '../../src/protocol/panel';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';
import { THEMES } from './support/themes';

const engine = recorded('star');
const STATES: Readonly<Record<string, readonly [Partial<PanelExperiment>, PanelStatus]>> = {
  empty: [{}, { kind: 'idle' }],
  busy: [{}, { kind: 'busy', what: 'Loading the model', fraction: 0.42, secondsLeft: 75, cancellable: true }],
  error: [
    {},
    { kind: 'error', message: 'config.json: rope scaling "yarn" is not supported', hint: 'linear and default are' },
  ],
  crashed: [{}, { kind: 'engine-down', message: "the engine's process ended by SIGKILL (perhaps for want of memory)" }],
  restricted: [{ restricted: true }, { kind: 'idle' }],
  problems: [
    {
      problems: [
        { message: 'unknown set "Imgae"', hint: 'did you mean "Image"?', line: 12 },
        { message: 'window 12 is larger than the model: it has 10 layers', line: 24 },
      ],
    },
    { kind: 'idle' },
  ],
  dataset: [{ isDataset: true, question: '' }, { kind: 'idle' }],
};

/** Narrow; beside the text at 1440 x 900 and at 1920 x 1080, with the side bar open; maximised. */
const SIZES = [
  [500, 820],
  [546, 820],
  [786, 1000],
  [1400, 800],
] as const;
const VIEWS = ['Knockouts', 'Logit lens', 'Tokens', 'Token flow'];

async function main(folder: string): Promise<void> {
  const save = async (host: FakeHost, name: string): Promise<void> => {
    await host.page.waitForTimeout(400);
    await host.page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
    if (host.complaints.length > 0) console.error(host.complaints);
    await host.close();
  };
  for (const theme of THEMES) {
    for (const [width, height] of SIZES) {
      for (const view of VIEWS) {
        const host = await FakeHost.open(engine, { theme, width, height });
        if (view !== 'Knockouts' || width < 700) await host.view(view);
        await save(host, `panel-${width}x${height}-${theme}-${view.toLowerCase().replace(' ', '-')}`);
      }
    }
    for (const [name, [experiment, status]] of Object.entries(STATES)) {
      const host = await FakeHost.open(engine, { theme, width: 620, height: 420 }, (h) => {
        h.onReady = async () => {
          await h.edit(experiment);
          await h.send({ type: 'status', status });
        };
      });
      await save(host, `state-${name}-${theme}`);
    }
  }
  await closeBrowser();
}

void main(process.argv[2] ?? '.');
