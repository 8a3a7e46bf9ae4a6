import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrossflowError } from '../../src/core/errors';
import { STALE_MS } from '../../src/core/files/hold';
import { ownerFile } from '../../src/core/journal/place';
import { claimShard, owners, slurmJob, type Owner } from '../../src/core/journal/owner';
import { temporaryFolder } from '../support/temporary';

describe('owners of shards', () => {
  const folder = temporaryFolder();
  const shard = { index: 2, count: 3 };
  const about = { journal: '2-of-3.jsonl', questions: 5, before: 1 };
  let count = 0;
  /** A folder where somebody claimed the shard, so long ago. */
  const left = (owner: Partial<Owner>, age = 0): string => {
    const inside = folder.join(String(count++));
    mkdirSync(inside);
    const file = ownerFile(inside, shard);
    writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', token: 't', ...about, ...owner }));
    const then = new Date(Date.now() - age);
    utimesSync(file, then, then);
    return inside;
  };
  const refused = (inside: string, pattern: RegExp, asked = shard) =>
    assert.throws(() => claimShard(inside, asked, about), (e: unknown) => e instanceof CrossflowError && pattern.test(e.line)); // prettier-ignore
  const taken = (inside: string) => {
    const claim = claimShard(inside, shard, about);
    claim.check();
    const [state] = owners(inside, Date.now());
    assert.deepEqual([state.owner.pid, state.alive, state.shard], [process.pid, true, shard]);
    claim.release();
    assert.deepEqual(readdirSync(inside), []);
  };

  it('of this machine are dead when their process is', () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    taken(left({ pid, host: hostname() }));
    refused(left({ pid: process.pid, host: hostname() }, 2 * STALE_MS), new RegExp(`process ${process.pid} works on`));
  });

  it('of another machine are dead when their heart has stopped', () => {
    refused(left({}, STALE_MS / 2), /process 1 on elsewhere works on shard 2\/3/);
    taken(left({}, 2 * STALE_MS));
  });

  it('of an earlier start of the same Slurm task are dead', () => {
    const env = { SLURM_JOB_ID: '9', SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '2', SLURM_RESTART_COUNT: '1' };
    assert.deepEqual(slurmJob(env), { job: '7', task: '2', restarts: 1 });
    const before = { ...process.env };
    Object.assign(process.env, env);
    try {
      taken(left({ slurm: { job: '7', task: '2', restarts: 0 } }));
      refused(left({ slurm: { job: '7', task: '3', restarts: 0 } }), /Slurm job 7_3 works on/);
    } finally {
      process.env = before;
    }
  });

  it('of shards of another number are in the way, dead ones are not', () => {
    refused(left({}), /ask for shards of 3/, { index: 1, count: 2 });
    claimShard(left({}, 2 * STALE_MS), { index: 1, count: 2 }, about).release();
    claimShard(left({}), { index: 1, count: 3 }, about).release();
  });

  it('keep their file fresh while the main thread is blocked, and notice when it is another’s', async () => {
    const inside = folder.join(String(count++));
    const claim = claimShard(inside, shard, about, 20);
    const file = ownerFile(inside, shard);
    try {
      await sleep(200);
      const old = new Date(Date.now() - STALE_MS);
      utimesSync(file, old, old);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
      assert.ok(statSync(file).mtimeMs > old.getTime());
      claim.check();
      // A new file in the old one's place, as another process puts it there: never written through.
      writeFileSync(`${file}.new`, 'another');
      renameSync(`${file}.new`, file);
      await sleep(100);
      assert.throws(() => claim.check(), /another process has taken over here/);
    } finally {
      claim.release();
    }
    assert.equal(readFileSync(file, 'utf8'), 'another');
    assert.ok(existsSync(file));
  });
});
