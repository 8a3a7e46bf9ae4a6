import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { usage, type CrossflowError } from '../errors';

/** Of processes that take a file away from one another, some must win. */
const ATTEMPTS = 4;

/**
 * Makes a file that says who works here, unless one is there already: whoever makes it holds the place. Works on shared
 * file systems, where locks often do not.
 * @param refusal what to throw when the file there is of somebody still at work; undefined when it was left behind
 * @returns what gives the place back
 */
export function hold(path: string, mine: string, refusal: (text: string) => CrossflowError | undefined): () => void {
  for (let attempt = 0; ; attempt++) {
    if (create(path, mine)) return () => giveBack(path, mine);
    const text = readIfThere(path);
    if (text === undefined) continue;
    const refused = refusal(text);
    if (refused) throw refused;
    if (attempt >= ATTEMPTS) throw usage('is taken by one process after another', path, 'try again');
    takeAway(path, text);
  }
}

/** A link appears with its whole content, which a file that is being written does not. */
function create(path: string, content: string): boolean {
  const beside = `${path}.${process.pid}.part`;
  try {
    writeFileSync(beside, content);
    linkSync(beside, path);
    return true;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false;
  } finally {
    removeIfThere(beside);
  }
  // Some file systems have no links.
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw usage(`cannot be written to: ${message}`, path, 'choose another "output" folder');
  }
}

/** Renaming first: of two that saw the same stale file, only one moves it; a fresh one moved by mistake goes back. */
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

/** What cannot be removed is not there, or in a place where the next step says what is wrong. */
function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // ENOTDIR: force forgives only a missing file.
  }
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
