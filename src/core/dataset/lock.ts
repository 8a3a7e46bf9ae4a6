import { statSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from '../errors';
import { hold } from '../files/hold';
import { holderSchema, nameOf, stillRuns, thisProcess, type Holder } from '../files/holder';

export const LOCK_FILE = 'journal.lock';

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
