import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isAlive, processSpace } from './holder';

/** On a shared disk two machines, or two containers of one, may give out the same process number. */
const MACHINE = createHash('sha256')
  .update(`${hostname()} ${processSpace() ?? ''}`)
  .digest('hex')
  .slice(0, 8);

/** A writer elsewhere that has not written for so long was killed. */
const LEFT_MS = 3_600_000;

/** Where this process makes a file that then takes the place of `path`. */
export const besidePath = (path: string): string => `${path}.${MACHINE}-${process.pid}.part`;

/**
 * Removes what writers of this file that were killed left beside it.
 * @param now the time by the clock that dates the files
 */
export function removeLeftovers(path: string, now: number): void {
  const [folder, start] = [dirname(path), `${basename(path)}.`];
  for (const name of namesIn(folder)) {
    if (!name.startsWith(start)) continue;
    const [, machine, pid] = /^([0-9a-f]{8})-(\d+)\.part$/.exec(name.slice(start.length)) ?? [];
    if (machine === undefined) continue;
    const beside = join(folder, name);
    if (machine === MACHINE ? !isAlive(Number(pid)) : isOld(beside, now)) removeQuietly(beside);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // What is left there stays; whether the folder can be written to is seen by writing.
    return [];
  }
}

const isOld = (path: string, now: number): boolean =>
  now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now) > LEFT_MS;

/** What cannot be removed stays: what went wrong before, or goes wrong next, is what the user must hear of. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A folder, say, or ENOTDIR: force forgives only a missing file.
  }
}
