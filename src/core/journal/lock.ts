import { join } from 'node:path';
import { usage } from '../errors';
import { hold, type Held } from '../files/hold';
import { nameOf } from '../files/holder';

export const LOCK_FILE = 'journal.lock';

/**
 * Makes sure that one process at a time merges results in a folder. Throws CrossflowError `usage` when another one holds it
 * or the folder cannot be written to.
 */
export function lockFolder(folder: string): Held {
  const path = join(folder, LOCK_FILE);
  return hold(
    path,
    (by) => {
      const who = by ? nameOf(by) : 'someone';
      return usage(`${who} is merging results in this folder`, folder, `if that is not so, delete ${path}`);
    },
    { hint: 'choose another "output" folder' },
  );
}
