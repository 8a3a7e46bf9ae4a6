/** One process at a time fetches into a repository of the cache; the others wait for it, and then find it done. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled } from '../errors';
import { tryHold, type Held } from '../files/hold';
import { nameOf, stillRuns } from '../files/holder';

/** Looking at a process of this machine costs nothing, at a heartbeat on a shared disk a file. */
const POLL_HERE_MS = 250;
const POLL_MS = 2000;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Somebody else holds it. Told once. */
  readonly onWait: (holder: string) => void;
}

/** Throws CrossflowError `cancelled` when the signal aborts. */
export async function lock(path: string, { signal, onWait }: LockOptions): Promise<Held> {
  await mkdir(dirname(path), { recursive: true });
  for (let told = false; ; told = true) {
    if (signal.aborted) throw cancelled();
    const attempt = tryHold(path, { hint: 'HF_HUB_CACHE names another folder for models' });
    if (attempt.held) return attempt.held;
    const { by } = attempt;
    if (!told) onWait(by ? nameOf(by) : 'another process');
    await pause(by && stillRuns(by) ? POLL_HERE_MS : POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
