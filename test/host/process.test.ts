import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EngineGone, EngineProcess } from '../../src/host/engine/process';
import { ENGINE_PROTOCOL } from '../../src/protocol/engine';
import { engineEntry, modelFolder } from './support';

const ready = `process.send({ type: 'ready', protocol: ${ENGINE_PROTOCOL}, pid: process.pid });`;

describe('an engine process', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'crossflow-process-'))));
  after(() => rmSync(folder, { recursive: true }));
  /** A process that behaves like this. */
  function fake(code: string): { process: EngineProcess; gone: Promise<EngineGone> } {
    const file = path.join(folder, `${Math.random().toString(36).slice(2)}.cjs`);
    writeFileSync(file, code);
    let tell!: (gone: EngineGone) => void;
    const gone = new Promise<EngineGone>((resolve) => (tell = resolve));
    return { process: new EngineProcess(file, { exit: tell, log: () => undefined }), gone };
  }

  it('that does not react to a cancel is ended', async () => {
    let call: Promise<unknown> | undefined;
    const { process, gone } = fake(`
      process.on('message', ({ id }) => process.send({ type: 'event', id, event: {} }, () => { for (;;); }));
      ${ready}`);
    const abort = new AbortController();
    const started = new Promise<void>((resolve) => {
      call = process.call(
        'clean',
        { session: 'x' },
        { signal: abort.signal, cancelGrace: () => 50, onEvent: () => resolve() },
      );
    });
    await started;
    const other = process.call('memory', {});
    abort.abort();
    await assert.rejects(call!, { kind: 'cancelled' });
    await assert.rejects(other, (e: unknown) => e instanceof EngineGone && e.deliberate);
    assert.ok((await gone).deliberate);
  });

  it('that does not react to a cancel lives on as long as it works for others', async () => {
    const { process, gone } = fake(`
      process.on('message', (m) => {
        if (m.type !== 'call') return;
        process.send({ type: 'event', id: m.id, event: {} });
        if (m.params.session === 'b') setTimeout(() => process.send({ type: 'answer', id: m.id, outcome: { ok: true, value: 7 } }), 300);
      });
      ${ready}`);
    const abort = new AbortController();
    const stuck = (session: string, grace: number | undefined): { call: Promise<unknown>; started: Promise<void> } => {
      let started!: () => void;
      const begun = new Promise<void>((resolve) => (started = resolve));
      const options = { signal: abort.signal, cancelGrace: () => grace, onEvent: () => started() };
      return { call: process.call('clean', { session }, options), started: begun };
    };
    const a = stuck('a', 50);
    const quick = stuck('a', undefined);
    const b = process.call('clean', { session: 'b' });
    await Promise.all([a.started, quick.started]);
    abort.abort();
    await Promise.all([a.call, quick.call].map((call) => assert.rejects(call, { kind: 'cancelled' })));
    assert.equal(await b, 7);
    const again = new AbortController();
    const call = process.call('clean', { session: 'a' }, { signal: again.signal, cancelGrace: () => 50 });
    setTimeout(() => again.abort(), 30);
    await assert.rejects(call, { kind: 'cancelled' });
    assert.ok((await gone).deliberate, 'nobody else needs it any more');
  });

  it('that reacts to a cancel lives on', async () => {
    const { process, gone } = fake(`
      let last;
      process.on('message', (m) => {
        if (m.type === 'call' && m.name === 'memory') return process.send({ type: 'answer', id: m.id, outcome: { ok: true, value: { resident: 1, caches: 2 } } });
        if (m.type === 'call') last = m.id;
        else process.send({ type: 'answer', id: m.id, outcome: { ok: false, failure: { kind: 'cancelled', message: 'cancelled' } } });
      });
      ${ready}`);
    const abort = new AbortController();
    const call = process.call('clean', { session: 'x' }, { signal: abort.signal });
    setTimeout(() => abort.abort(), 30);
    await assert.rejects(call, { kind: 'cancelled' });
    assert.deepEqual(await process.call('memory', {}), { resident: 1, caches: 2 });
    process.kill('done');
    await gone;
  });

  it('of another version is refused', async () => {
    const { process, gone } = fake(
      `process.on('message', () => {}); process.send({ type: 'ready', protocol: ${ENGINE_PROTOCOL + 1}, pid: 1 });`,
    );
    await assert.rejects(process.call('memory', {}), /another version/);
    assert.equal((await gone).deliberate, false, 'a fault, to be shown as one');
  });

  it('that ends before it is ready says what it last said', async () => {
    const { process, gone } = fake(`console.error('Error: the disk is on fire'); process.exit(3);`);
    await assert.rejects(process.call('memory', {}), /code 3.*the disk is on fire/s);
    assert.equal((await gone).deliberate, false);
  });

  it('gives failures with kind, hint and place as they were', async () => {
    const { process } = fake(`
      process.on('message', (m) => process.send({ type: 'answer', id: m.id, outcome: { ok: false,
        failure: { kind: 'usage', message: 'wrong', hint: 'right', place: { file: 'f', line: 3 } } } }));
      ${ready}`);
    await assert.rejects(process.call('memory', {}), {
      kind: 'usage',
      message: 'wrong',
      hint: 'right',
      place: { file: 'f', line: 3 },
    });
    process.kill('done');
  });

  it('carries large typed arrays as they are, and refuses calls it does not know', async () => {
    let ended!: () => void;
    const gone = new Promise<void>((resolve) => (ended = resolve));
    const real = new EngineProcess(
      engineEntry.entry,
      { exit: () => ended(), log: () => undefined },
      engineEntry.execArgv,
    );
    await assert.rejects(real.call('clean', { session: 'none' }), /nothing is prepared/);
    await assert.rejects(real.call('nonsense' as 'memory', {}), /knows no call/);
    const info = await real.call('open', { directory: modelFolder, options: { threads: 1 } });
    assert.equal(info.layers, 10);
    await assert.rejects(real.call('open', { directory: modelFolder, options: {} }), /holds a model already/);
    const { resident } = await real.call('memory', {});
    assert.ok(resident > 2 ** 24);
    real.kill('done');
    await gone;
  });
});
