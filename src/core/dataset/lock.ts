import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { usage } from '../errors';
import { isAlive, processStart } from './alive';
import { hold } from './hold';

export const LOCK_FILE = 'journal.lock';

export const holderSchema = z.object({ pid: z.int(), host: z.string(), start: z.string().optional() });
/** A process, on whatever machine. */
export type Holder = z.infer<typeof holderSchema>;

/** A lock file is empty for an instant after it was made; one that stays so was left by a crash. */
const EMPTY_LOCK_MS = 10_000;

export function thisProcess(): Holder {
  const start = processStart(process.pid);
  return { pid: process.pid, host: hostname(), ...(start !== undefined && { start }) };
}

/** Of a process on this machine, whether it still runs; undefined for one on another, of which nothing can be known. */
export function stillRuns(holder: Holder): boolean | undefined {
  if (holder.host !== hostname()) return undefined;
  if (!isAlive(holder.pid)) return false;
  const start = processStart(holder.pid);
  return start === undefined || holder.start === undefined || start === holder.start;
}

export const nameOf = ({ pid, host }: Holder): string => `process ${pid}${host === hostname() ? '' : ` on ${host}`}`;

/**
 * Makes sure that one run at a time writes in a folder. A lock left by a process that is gone is taken over; of a run on
 * another machine nothing can be known, so its lock stays until the user removes it.
 * @returns what gives the lock back
 * Throws CrossflowError `usage` when another run holds it or the folder cannot be written to.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  return hold(path, JSON.stringify(thisProcess()), (text) => {
    const holder = parse(text);
    if (isStale(path, holder)) return undefined;
    const who = holder ? nameOf(holder) : 'someone';
    return usage(`${who} is running an experiment in this folder`, folder, `if that is not so, delete ${path}`);
  });
}

function isStale(path: string, holder: Holder | undefined): boolean {
  if (holder) return stillRuns(holder) === false;
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && Date.now() - made > EMPTY_LOCK_MS;
}

function parse(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
