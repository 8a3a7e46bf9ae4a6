/** Everything that is not the good case: loading, cancelled, failed, crashed, untrusted, wrong config, data set. */
import assert from 'node:assert/strict';
import type { PanelExperiment, PanelStatus } from '../../src/protocol/panel';
import { FakeHost, recorded } from './support/fake-host';
import { closeBrowser } from './support/page';
import { anyresGeometry, synthetic } from './support/synthetic';

const engine = recorded('star');

describe('panel: states', () => {
  let host: FakeHost;
  const open = async (experiment: Partial<PanelExperiment>, status: PanelStatus): Promise<void> => {
    host = await FakeHost.open(engine, {}, (h) => {
      h.onReady = async () => {
        await h.edit(experiment);
        await h.send({ type: 'status', status });
      };
    });
  };
  afterEach(async () => {
    assert.deepEqual(host.complaints, []);
    await host.close();
  });
  after(closeBrowser);

  it('says that it waits before the host has spoken', async () => {
    host = await FakeHost.open(engine, {}, (h) => (h.onReady = async () => undefined));
    await host.page.getByText('Opening the experiment').waitFor();
  });

  it('what is to be known of the picture stands above it, and goes with it', async () => {
    const note = 'EXIF orientation 6 is not applied, as in the published runs';
    host = await FakeHost.open({ ...engine, example: { ...engine.example, notes: [note] } });
    const banner = host.page.getByRole('note').filter({ hasText: note });
    await banner.waitFor();
    const [above, picture] = [await banner.boundingBox(), await host.page.locator('.cf-picture').boundingBox()];
    assert.ok(above!.y + above!.height <= picture!.y, 'above the picture');
    await host.send({ type: 'example', example: engine.example, about: host.experiment.asks, fresh: true });
    await banner.waitFor({ state: 'detached' });
  });

  it('loading: what, how far, how long, and cancel', async () => {
    await open({}, { kind: 'busy', what: 'Loading the model', fraction: 0.42, secondsLeft: 75, cancellable: true });
    const bar = host.page.getByRole('progressbar', { name: 'Loading the model' });
    assert.equal(await bar.getAttribute('aria-valuenow'), '42');
    await host.page.getByText(/42 % · about 1 min 15 s left/).waitFor();
    const { width } = (await host.page.locator('.cf-progress-bar').boundingBox())!;
    const whole = (await bar.boundingBox())!.width;
    assert.ok(Math.abs(width / whole - 0.42) < 0.01, 'the bar is as long as it says');
    await host.page.getByRole('button', { name: 'Cancel' }).click();
    await host.message('cancel');
    await host.send({ type: 'status', status: { kind: 'busy', what: 'Stopping', cancellable: false } });
    await host.page.getByText('Stopping').waitFor();
    assert.equal(await host.page.getByRole('button', { name: 'Cancel' }).count(), 0);
    assert.equal(await host.page.getByRole('progressbar').getAttribute('aria-valuenow'), null);
    await host.send({ type: 'status', status: { kind: 'cancelled' } });
    await host.page.getByText('Cancelled. What was computed stays.').waitFor();
    await host.page.getByRole('button', { name: 'Run' }).click();
    await host.message('run');
  });

  it('tells a screen reader that a run begins and how it ends, not each step', async () => {
    host = await FakeHost.open(engine);
    const spoken = host.page.locator('.cf-spoken');
    for (const fraction of [0.1, 0.5]) {
      await host.send({ type: 'status', status: { kind: 'busy', what: 'Clean run', fraction, cancellable: true } });
      await spoken.getByText('Running', { exact: true }).waitFor();
    }
    assert.equal(await host.page.locator('[aria-live] .cf-status, [role=status] .cf-status').count(), 0);
    await host.send({ type: 'status', status: { kind: 'idle' } });
    await spoken.getByText('Done', { exact: true }).waitFor();
    await host.send({ type: 'status', status: { kind: 'error', message: 'no such picture' } });
    await host.page.getByRole('alert').filter({ hasText: 'no such picture' }).waitFor();
    assert.equal(await spoken.innerText(), '');
    await host.view('Tokens');
    const detail = host.page.locator('#cf-token-detail');
    assert.equal(await detail.getAttribute('aria-live'), 'polite');
    await host.page.getByRole('button', { name: 'Play the layers' }).click();
    await host.page.locator('#cf-token-detail[aria-live=off]').waitFor();
  });

  it('a run that begins does not move the picture away under the pointer', async () => {
    host = await FakeHost.open(engine);
    const { page } = host;
    await page.locator('cf-curves .cf-curve-list li').nth(3).waitFor();
    const before = await page.locator('.cf-picture').boundingBox();
    await host.send({
      type: 'status',
      status: { kind: 'busy', what: '2 knockouts', fraction: 0.2, cancellable: true },
    });
    await page.getByText('2 knockouts').waitFor();
    assert.deepEqual(await page.locator('.cf-picture').boundingBox(), before);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await host.message('cancel');
  });

  it('error: the message, the hint, the output and another try', async () => {
    await open(
      {},
      { kind: 'error', message: 'config.json: rope scaling "yarn" is not supported', hint: 'linear and default are' },
    );
    await host.page.getByText('config.json: rope scaling "yarn" is not supported').waitFor();
    await host.page.getByText('linear and default are').waitFor();
    await host.page.getByRole('button', { name: 'Output' }).click();
    await host.message('show-output');
    await host.page.getByRole('button', { name: 'Try again' }).click();
    await host.message('run');
  });

  it('engine down: what was computed stays, nothing is asked, restart brings it back', async () => {
    host = await FakeHost.open(engine);
    await host.view('Tokens');
    await host.page.locator('cf-curves .cf-curve-list li').nth(3).waitFor();
    await host.send({
      type: 'status',
      status: { kind: 'engine-down', message: "the engine's process ended by SIGKILL" },
    });
    await host.page.getByText(/^The engine's process ended by SIGKILL\. What was computed stays/).waitFor();
    assert.equal(await host.page.locator('cf-curves .cf-curve-list li').count(), 4);
    await host.page.locator('cf-curves .cf-curve-list').getByText('−22.9 %').waitFor();
    const before = host.messages('request').length;
    await host.page.getByRole('option', { name: /token 135 / }).click();
    await host.page
      .locator('#cf-overlay-words')
      .getByText(/token 135.*not computed yet/)
      .waitFor();
    assert.equal(host.messages('request').length, before);
    await host.page.getByRole('button', { name: 'Restart the engine' }).click();
    await host.message('restart-engine');
    await host.send({ type: 'status', status: { kind: 'idle' } });
    await host.page.getByText(/The engine's process ended/).waitFor({ state: 'detached' });
    await host.page.waitForTimeout(50);
    assert.ok(host.messages('request').length > before, 'asked once it is back');
  });

  it('a window that is loaded again before the model was there shows the middle layer, not the first', async () => {
    let ready = false;
    host = await FakeHost.open(engine, {}, (h) => (h.onReady = async () => (ready ? h.sendAll() : undefined)));
    await host.page.getByText('Opening the experiment').waitFor();
    ready = true;
    await host.page.reload();
    await host.page.getByText('layer 5 of 0–9', { exact: true }).waitFor();
  });

  it('tells newline tokens of tiles from patches', async () => {
    const made = await synthetic(11, { layers: 4, heads: 2, before: 3, after: 6, geometry: anyresGeometry(3, 4, 5) });
    host = await FakeHost.open(made);
    await host.view('Tokens');
    await host.page.getByRole('option', { name: /image tokens, folded/ }).click();
    await host.page.getByRole('option', { name: /newline token after row 2 of the tiles/ }).hover();
    const detail = host.page.locator('#cf-token-detail');
    await detail.getByText(/newline token after row 2 of the tiles, which has no place on the picture/).waitFor();
  });

  it('restricted: looks, runs nothing, changes nothing', async () => {
    host = await FakeHost.open(engine, {}, (h) => {
      h.onReady = async () => {
        await h.edit({ restricted: true });
        await h.sendExample(true);
      };
    });
    await host.page.getByText(/This workspace is not trusted/).waitFor();
    await host.page.locator('.cf-picture').click({ position: { x: 60, y: 60 } });
    await host.page.keyboard.press('Enter');
    assert.equal(await host.page.getByRole('button', { name: 'Edit the question' }).count(), 0);
    assert.ok(await host.page.getByRole('button', { name: /Remove Image → Last/ }).isDisabled());
    assert.deepEqual(
      host.sent.map((m) => m.type),
      ['ready'],
    );
  });

  it('problems: each is a way to its line', async () => {
    await open(
      {
        problems: [
          { message: 'unknown set "Imgae"', hint: 'did you mean "Image"?', line: 12 },
          { message: 'no such picture' },
        ],
      },
      { kind: 'idle' },
    );
    await host.page.getByText('2 problems in the config').waitFor();
    await host.page.getByText('did you mean "Image"?').waitFor();
    await host.page.getByRole('button', { name: /Line 12: unknown set "Imgae"/ }).click();
    assert.equal((await host.message('reveal-line')).line, 12);
    assert.equal(await host.page.getByRole('button', { name: 'Run', exact: true }).count(), 0);
  });

  it('a config with a picture and no run yet', async () => {
    await open({}, { kind: 'idle' });
    await host.page.locator('img.cf-plain-picture').waitFor();
    await host.page.getByRole('button', { name: 'Run', exact: true }).click();
    await host.message('run');
  });

  it('a data set experiment explains itself and runs', async () => {
    await open({ isDataset: true, question: '' }, { kind: 'idle' });
    await host.page.getByRole('heading', { name: 'A data set experiment' }).waitFor();
    await host.page.getByRole('button', { name: 'Run the data set' }).click();
    await host.message('run');
    await host.send({ type: 'status', status: { kind: 'busy', what: '3 of 90 questions', cancellable: true } });
    await host.page.getByText('3 of 90 questions').waitFor();
    await host.page.getByRole('button', { name: 'Run the data set', disabled: true }).waitFor();
  });

  it('shows no answer and no lens of an earlier question, picture or model under a new one', async () => {
    host = await FakeHost.open(engine);
    const { page } = host;
    const answer = page.getByRole('group', { name: 'Answer' });
    await answer.waitFor();
    await host.edit({ question: 'Is it a circle?', asks: 'circle' });
    await page.getByText('What is shown below belongs to what was asked before.').waitFor();
    assert.equal(await answer.count(), 0);
    await host.edit({ question: engine.experiment.question, asks: engine.experiment.asks });
    await answer.waitFor();
    await host.edit({ question: 'Is it a circle?', asks: 'circle' });
    await host.sendExample(true);
    await host.send({ type: 'status', status: { kind: 'cancelled' } });
    await page.getByText('No answer yet.').waitFor();
    await page.getByText('The lens appears when the engine has run.').waitFor();
    assert.equal(await answer.count(), 0);
    await host.send({ type: 'clean', clean: engine.clean });
    await answer.waitFor();
    await host.sendExample(false);
    assert.equal(await answer.count(), 1, 'other sets leave the answer');
    await host.send({ type: 'model', model: { ...engine.model, directory: '/another' } });
    await page.locator('cf-image').waitFor({ state: 'detached' });
  });

  it('an example that goes takes everything about it along', async () => {
    host = await FakeHost.open(engine);
    await host.send({ type: 'example', example: null, about: '', fresh: true });
    await host.page.getByText('Nothing has run yet.').waitFor();
    assert.equal(await host.page.locator('cf-curves').count(), 0);
  });
});
