import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { usage } from '../errors';
import { isAlive, processStart } from './alive';

export const LOCK_FILE = 'journal.lock';

const holderSchema = z.object({ pid: z.int(), host: z.string(), start: z.string().optional() });
type Holder = z.infer<typeof holderSchema>;

/** A lock file is empty for an instant after it was made; one that stays so was left by a crash. */
const EMPTY_LOCK_MS = 10_000;

/**
 * Makes sure that one run at a time writes in a folder. A lock left by a process that is gone is taken over; of a run on
 * another machine nothing can be known, so its lock stays until the user removes it.
 * @returns what gives the lock back
 * Throws CrossflowError `usage` when another run holds it or the folder cannot be written to.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  const start = processStart(process.pid);
  const me = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    ...(start !== undefined && { start }),
  } satisfies Holder);
  for (let attempt = 0; ; attempt++) {
    if (create(path, me)) return () => giveBack(path, me);
    const text = readIfThere(path);
    if (text === undefined) continue;
    const holder = parse(text);
    if (attempt > 3 || !isStale(path, holder)) {
      const who = holder ? `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}` : 'someone';
      throw usage(`${who} is running an experiment in this folder`, folder, `if that is not so, delete ${path}`);
    }
    takeAway(path, text);
  }
}

function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw usage(`cannot be written to: ${message}`, path, 'choose another "output" folder');
  }
}

function isStale(path: string, holder: Holder | undefined): boolean {
  if (!holder) {
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    return made !== undefined && Date.now() - made > EMPTY_LOCK_MS;
  }
  if (holder.host !== hostname()) return false;
  if (!isAlive(holder.pid)) return true;
  const start = processStart(holder.pid);
  return start !== undefined && holder.start !== undefined && start !== holder.start;
}

/** Renaming first: of two that saw the same stale lock, only one moves it; a fresh lock moved by mistake goes back. */
function takeAway(path: string, seen: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readIfThere(aside);
  if (moved !== undefined && moved !== seen) create(path, moved);
  rmSync(aside, { force: true });
}

function giveBack(path: string, mine: string): void {
  if (readIfThere(path) === mine) rmSync(path, { force: true });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
