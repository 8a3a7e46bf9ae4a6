import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { processSpace, processStart } from '../../src/core/files/holder';
import { LOCK_FILE, lockFolder } from '../../src/core/journal/merge';
import { STALE_MS } from '../../src/core/files/hold';
import { CrossflowError } from '../../src/core/errors';
import { temporaryFolder } from '../support/temporary';

describe('lock of an output folder', () => {
  const folder = temporaryFolder();
  let count = 0;
  const fresh = (lock?: string): string => {
    const inside = folder.join(String(count++));
    mkdirSync(inside);
    if (lock !== undefined) writeFileSync(path.join(inside, LOCK_FILE), lock);
    return inside;
  };
  const refused = (inside: string, pattern: RegExp) =>
    assert.throws(() => lockFolder(inside), (e: unknown) => e instanceof CrossflowError && pattern.test(e.line)); // prettier-ignore

  it('is held by one run at a time and given back', () => {
    const inside = fresh();
    const lock = lockFolder(inside);
    refused(inside, new RegExp(`process ${process.pid} is merging results in this folder`));
    lock.release();
    assert.ok(!existsSync(path.join(inside, LOCK_FILE)));
    lockFolder(inside).release();
  });

  it('is taken over from a process that is gone', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const inside = fresh(JSON.stringify({ pid, host: hostname() }));
    const lock = lockFolder(inside);
    assert.equal((JSON.parse(readFileSync(path.join(inside, LOCK_FILE), 'utf8')) as { pid: number }).pid, process.pid);
    lock.release();
  });

  it('is taken over when another process has got the number since', function () {
    if (processStart(process.pid) === undefined) this.skip();
    lockFolder(fresh(JSON.stringify({ pid: process.pid, host: hostname(), start: 'an earlier boot 1' }))).release();
  });

  it('of another machine is taken over once its heart has stopped', () => {
    const inside = fresh(JSON.stringify({ pid: 1, host: 'elsewhere' }));
    refused(inside, /process 1 on elsewhere is merging/);
    const then = new Date(Date.now() - 2 * STALE_MS);
    utimesSync(path.join(inside, LOCK_FILE), then, then);
    lockFolder(inside).release();
  });

  it('of a container is not judged by the numbers of another', function () {
    if (processSpace() === undefined) this.skip();
    // In the container's own count this number is of nobody.
    const holder = { pid: 999_999_999, host: hostname(), space: 'pid:[1]' };
    refused(fresh(JSON.stringify(holder)), /is merging/);
  });

  it('that cannot be read is named, not waited for', () => {
    const inside = fresh();
    mkdirSync(path.join(inside, LOCK_FILE));
    refused(inside, /journal\.lock: tells who works here, but cannot be read: EISDIR.*if nobody does, delete it/);
  });

  it('that is empty is left by a crash when it is old, else just being made', () => {
    const inside = fresh('');
    refused(inside, /someone is merging/);
    const past = new Date(Date.now() - 60_000);
    utimesSync(path.join(inside, LOCK_FILE), past, past);
    lockFolder(inside).release();
  });

  it('says when the folder cannot be written to', function () {
    if (process.platform === 'win32') this.skip();
    // Nobody may write under a file; folders without permission do not stop root.
    const inside = fresh();
    writeFileSync(path.join(inside, 'file'), '');
    refused(path.join(inside, 'file'), /cannot be written to/);
    if (process.getuid?.() !== 0) {
      chmodSync(inside, 0o500);
      refused(inside, /cannot be written to/);
      chmodSync(inside, 0o700);
    }
  });
});
