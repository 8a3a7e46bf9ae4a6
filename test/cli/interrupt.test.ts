import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const started = new Set<ChildProcess>();

/** A process with a group of its own, as a terminal's shell starts it, and all it says. */
function start(kind: 'blocked' | 'idle'): { child: ChildProcess; pid: number; said: () => string } {
  const file = join(import.meta.dirname, 'interrupted.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', file, kind], { detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  assert.ok(child.pid !== undefined);
  started.add(child);
  return { child, pid: child.pid, said: () => said };
}

async function until(is: () => boolean, what: () => string): Promise<void> {
  for (const end = Date.now() + 60_000; !is(); await wait(10)) assert.ok(Date.now() < end, what());
}

/** Waits until the process beside a process listens. */
async function listening(pid: number): Promise<void> {
  const find = () => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.some((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('crossflow: waits'));
  };
  await until(find, () => 'nobody listens beside the process');
}

const HINT = /stopping after this step; Ctrl-C again stops at once/;

describe('Ctrl-C at a terminal', function () {
  before(function () {
    // Who listens is read from /proc.
    if (process.platform !== 'linux') this.skip();
  });

  after(() => {
    for (const child of started) child.kill('SIGKILL');
  });

  it('is answered at once while a step runs, and the second ends the process', async () => {
    const { child, pid, said } = start('blocked');
    await until(() => said().includes('ready'), said);
    await listening(pid);
    process.kill(-pid, 'SIGINT');
    await until(() => HINT.test(said()), said);
    assert.equal(child.exitCode, null);
    process.kill(-pid, 'SIGINT');
    // Closed is its standard error only when the process beside it has ended, too.
    const ended = await new Promise((done) => child.once('close', (_code, signal) => done(signal)));
    assert.equal(ended, 'SIGKILL');
  });

  it('stops a process that hears it, which is said once', async () => {
    for (const to of ['group', 'process']) {
      const { child, pid, said } = start('idle');
      await until(() => said().includes('ready'), said);
      await listening(pid);
      process.kill(to === 'group' ? -pid : pid, 'SIGINT');
      const code = await new Promise((done) => child.once('close', done));
      assert.deepEqual([code, said().split(HINT).length], [130, 2], `${to}: ${said()}`);
      assert.match(said(), /stopped\n/);
    }
  });
});
