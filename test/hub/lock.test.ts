import assert from 'node:assert/strict';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { STALE_MS } from '../../src/core/files/hold';
import { lock } from '../../src/core/hub/lock';
import { temporaryFolder } from '../support/temporary';

describe('lock of a download', () => {
  const folder = temporaryFolder();
  const holder = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
  const quiet = { signal: new AbortController().signal, onWait: () => undefined };

  it('stays with a living process of this machine, however old it looks', async () => {
    const file = folder.join('living.lock');
    writeFileSync(file, JSON.stringify({ pid: process.ppid, host: hostname() }));
    const long = new Date(Date.now() - 2 * STALE_MS);
    utimesSync(file, long, long);
    const stop = new AbortController();
    const told: string[] = [];
    const { now } = Date;
    const waiting = lock(file, { signal: stop.signal, onWait: (who) => told.push(who) });
    // The machine slept: its clock has jumped.
    Date.now = () => now() + 3_600_000;
    try {
      await sleep(700);
    } finally {
      Date.now = now;
    }
    stop.abort();
    await assert.rejects(waiting, { kind: 'cancelled' });
    assert.equal(holder(file), process.ppid);
    assert.deepEqual(told, [`process ${process.ppid}`]);
  });

  it('is taken over from another machine once its heart has stopped', async () => {
    const file = folder.join('elsewhere.lock');
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere' }));
    const waiting = lock(file, quiet);
    await sleep(300);
    assert.equal(holder(file), 1);
    const long = new Date(Date.now() - 2 * STALE_MS);
    utimesSync(file, long, long);
    const held = await waiting;
    assert.equal(holder(file), process.pid);
    held.release();
    assert.ok(!existsSync(file));
  });
});
