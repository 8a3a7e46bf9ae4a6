/** A model that does not run by itself: the panel says what a run will need, and offers it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { PanelExperiment, RunPlan } from '../../src/protocol/panel';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';

const engine = recorded('star');
const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');
const GIB = 1024 ** 3;

const plan: RunPlan = {
  directory: '/models/llava-1.5-7b-hf',
  device: 'cpu',
  of: 'question',
  questions: 1,
  images: 1,
  tokens: [637, 637],
  imageTokens: [576, 576],
  knockouts: 6,
  variants: 192,
  memory: {
    weights: { how: 'mapped', mapped: 12.6 * GIB, anonymous: 1.7 * GIB, working: 0.8 * GIB },
    program: 0.1 * GIB,
    caches: 1.1 * GIB,
    prefix: 0.9 * GIB,
    clean: 1.3 * GIB,
    ends: 0.1 * GIB,
    chunk: { asked: GIB, budget: GIB, used: 0.4 * GIB, least: 12e6 },
    peak: 5.4 * GIB,
    leastPeak: 4.5 * GIB,
    machine: { total: 24 * GIB, available: 20 * GIB, limited: false, reliable: true },
  },
  verdict: { kind: 'fits', notes: [] },
};
const time: NonNullable<RunPlan['time']> = {
  load: 3,
  read: 20,
  question: { image: 5, prefix: 60, question: 9.2, lens: 0.3, knockouts: 190, click: 26 },
  total: 287.5,
};

describe('panel: the plan of a run', () => {
  let host: FakeHost;
  const open = async (experiment: Partial<PanelExperiment> = {}): Promise<void> => {
    host = await FakeHost.open(engine, {}, (h) => {
      h.onReady = async () => {
        await h.edit(experiment);
        await h.send({ type: 'example', example: null, about: '', fresh: true });
        await h.send({ type: 'plan', plan, measuring: true });
      };
    });
  };
  const fact = async (name: string): Promise<string> =>
    (await host.page.locator('.cf-facts > div', { hasText: name }).locator('dd').innerText()).trim();
  const objections = async (): Promise<string[]> => {
    await host.page.evaluate(axe);
    const { violations } = await host.page.evaluate(() =>
      (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
  };
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  it('sizes at once, times when they are measured, and a button to run', async () => {
    await open();
    await host.page.getByRole('heading', { name: 'What a run will need' }).waitFor();
    assert.equal(await fact('Run'), "637 tokens, 576 of them the picture's; 6 knockouts at each of 32 layers");
    assert.equal(await fact('Weights'), '13 GiB used where they lie in the files, 1.7 GiB of them copied');
    assert.equal(
      await fact('Memory'),
      'at most 5.4 GiB of its own, 1.1 GiB of it caches; 24 GiB in this machine, 20 GiB free',
    );
    assert.equal(await fact('Time'), 'measuring a layer…');
    assert.equal(await fact('Device'), 'cpu');
    assert.deepEqual(await objections(), []);
    await host.send({ type: 'plan', plan: { ...plan, time }, measuring: false });
    await host.page.getByText('about 4 min 48 s').waitFor();
    assert.equal(
      await fact('Time'),
      'about 4 min 48 s (clean run 1 min 14 s, knockouts 3 min 10 s); a click then takes 26 s',
    );
    await host.page.getByRole('button', { name: 'Run', exact: true }).click();
    await host.message('run');
  });

  it('goes when the run begins', async () => {
    await open();
    await host.page.locator('.cf-facts').waitFor();
    await host.send({ type: 'plan', plan: null, measuring: false });
    await host.send({
      type: 'status',
      status: { kind: 'busy', what: 'Loading the model', cancellable: true },
    });
    await host.page.getByText('Patches and curves appear when the model is ready.').waitFor();
    assert.equal(await host.page.locator('.cf-facts').count(), 0);
    await host.sendAll();
    await host.page.locator('cf-image').waitFor();
    assert.match(await host.page.locator('.cf-model').innerText(), /f16/);
  });

  it('what does not fit, and what would help', async () => {
    await open();
    const message = 'this run needs 30 GiB of memory; this machine has 16 GiB';
    const hint = 'crossflow import … --quantize int4 makes weights of about 4.0 GiB';
    await host.send({
      type: 'plan',
      plan: { ...plan, verdict: { kind: 'refused', message, hint, notes: [] } },
      measuring: false,
    });
    await host.page.getByText(`It does not fit: ${message}.`).waitFor();
    await host.page.getByText(hint).waitFor();
    assert.equal(await fact('Time'), 'not estimated');
    assert.deepEqual(await objections(), []);
  });

  it('a lowered budget and notes are said', async () => {
    await open();
    const note = 'the weights (13 GiB, mapped) do not fit beside the rest';
    const verdict = { kind: 'lowered', budget: 0.25 * GIB, notes: [note] } as const;
    await host.send({ type: 'plan', plan: { ...plan, verdict }, measuring: true });
    await host.page.getByText('A step may take 256 MiB in place of 1.0 GiB').waitFor();
    await host.page.getByText(note).waitFor();
  });

  it('of a data set: its questions, above the button that runs it', async () => {
    await open({ isDataset: true });
    await host.send({
      type: 'plan',
      plan: {
        ...plan,
        of: 'dataset',
        questions: 1500,
        images: 1200,
        tokens: [630, 650],
        time: { ...time, total: 7300 },
      },
      measuring: false,
    });
    await host.page.getByText('1,500 questions on 1,200 pictures (630 to 650 tokens').waitFor();
    assert.match(await fact('Time'), /^about 2 h 1 min when every answer is right/);
    await host.page.getByRole('button', { name: 'Run the data set' }).click();
    await host.message('run');
  });
});
