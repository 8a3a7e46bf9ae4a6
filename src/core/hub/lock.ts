/** One process at a time fetches into a repository of the cache; the others wait for it, and then find it done. */
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled } from '../errors';

const POLL_MS = 250;
/** The holder touches its file this often … */
const BEAT_MS = 5000;
/** … and one that has not for so long is gone. Watched with this machine's own clock: others may be wrong. */
const GONE_MS = 40_000;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Somebody else holds it. Told once. */
  readonly onWait: (holder: string) => void;
}

/** @returns what gives the lock back */
export async function lock(path: string, { signal, onWait }: LockOptions): Promise<() => Promise<void>> {
  const mine = `${process.pid} ${hostname()} ${Date.now()}.${Math.random()}`;
  await mkdir(dirname(path), { recursive: true });
  let seen = '';
  let since = Date.now();
  let told = false;
  for (;;) {
    if (signal.aborted) throw cancelled();
    if (await create(path, mine)) return held(path, mine);
    const [text, beat] = await Promise.all([
      readFile(path, 'utf8').catch(() => ''),
      stat(path).then(
        (s) => s.mtimeMs,
        () => 0,
      ),
    ]);
    if (`${text} ${beat}` !== seen) {
      seen = `${text} ${beat}`;
      since = Date.now();
    }
    if (endedHere(text) || Date.now() - since > GONE_MS) {
      await takeAway(path, text);
      continue;
    }
    if (!told && text !== '') {
      onWait(`process ${text.split(' ').slice(0, 2).join(' on ')}`);
      told = true;
    }
    await pause(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function create(path: string, mine: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(mine);
    await file.close();
    return true;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw e;
  }
}

function held(path: string, mine: string): () => Promise<void> {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
  };
}

/** A process of this machine that has ended. */
function endedHere(text: string): boolean {
  const [pid, host] = text.split(' ');
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Of several that saw the same stale lock one moves it; a fresh one that was moved by mistake goes back. */
async function takeAway(path: string, seen: string): Promise<void> {
  const aside = `${path}.${process.pid}.${Math.random()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readFile(aside, 'utf8').catch(() => seen);
  if (moved !== seen) await create(path, moved);
  await rm(aside, { force: true });
}
