/**
 * Places that one process at a time holds: a folder, a shard, a download. Whoever makes the place's file holds it, which
 * works on shared file systems, where locks often do not. A heartbeat shows other machines that the holder lives.
 */
import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failed, usage, type CrossflowError } from '../errors';
import { besidePath, removeQuietly } from './beside';
import { BEAT_MS, startHeartbeat } from './heartbeat';
import { holderSchema, stillRuns, thisProcess, type Holder } from './holder';

/** No heartbeat for so long: dead. Far above the time (60 s) for which NFS may show a file as it was. */
export const STALE_MS = 12 * BEAT_MS;
/** Where files cannot be linked, one is empty for an instant after it was made; one that stays so was left by a crash. */
const EMPTY_MS = 10_000;
/** Of processes that take a file away from one another, some must win. */
const ATTEMPTS = 8;

export interface Held {
  /** Throws CrossflowError `failed` when another process has taken the place over (this one seemed dead). */
  check(): void;
  release(): void;
}

export interface HoldOptions {
  /** What the file tells of its holder besides. */
  readonly about?: object;
  /** What else shows that the writer of such a file is gone. */
  readonly isGone?: (text: string) => boolean;
  /** What to do when the file cannot be made, for the error. */
  readonly hint?: string;
  /** Milliseconds between heartbeats. */
  readonly every?: number;
}

/** What became of an attempt: the place is held, or of somebody else; `by` is undefined where the file names nobody. */
export type Attempt =
  { readonly held: Held } | { readonly held?: undefined; readonly by: Holder | undefined; readonly text: string };

/**
 * Holds a place unless a living process does. What a process that is gone left is taken over: one of this machine at once,
 * one of another when its heartbeat has stopped. Throws CrossflowError `usage` when the file can be neither read nor made.
 */
export function tryHold(path: string, options: HoldOptions = {}): Attempt {
  const mine = JSON.stringify({ ...thisProcess(), token: randomUUID(), ...options.about });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const text = readIfThere(path);
    if (text === undefined) {
      if (create(path, mine, options.hint)) return { held: keep(path, mine, options.every) };
      continue;
    }
    const atWork = !options.isGone?.(text) && isAtWork(path, text, () => fileServerTime(dirname(path)));
    if (atWork) return { by: holderIn(text), text };
    takeAway(path, text);
  }
  throw usage('is taken by one process after another', path, 'try again');
}

/** The same, for who does not wait. Throws what `refusal` gives when somebody at work holds the place. */
export function hold(
  path: string,
  refusal: (by: Holder | undefined, text: string) => CrossflowError,
  options: HoldOptions = {},
): Held {
  const attempt = tryHold(path, options);
  if (!attempt.held) throw refusal(attempt.by, attempt.text);
  return attempt.held;
}

/** Whether who made this file is at work. `now`: fileServerTime(), asked for only when the heartbeat must tell. */
export function isAtWork(path: string, text: string, now: () => number): boolean {
  const holder = holderIn(text);
  const runs = holder && stillRuns(holder);
  if (runs !== undefined) return runs;
  const beat = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return beat !== undefined && now() - beat < (holder ? STALE_MS : EMPTY_MS);
}

function holderIn(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Clocks of machines differ: the time of the one that keeps the files counts. Throws CrossflowError `usage`. */
export function fileServerTime(folder: string): number {
  const probe = join(folder, `.${randomUUID()}.probe`);
  try {
    writeFileSync(probe, '');
    return statSync(probe).mtimeMs;
  } catch (e) {
    throw usage(`cannot be written to: ${(e as Error).message}`, folder, 'choose another folder');
  } finally {
    removeQuietly(probe);
  }
}

function keep(path: string, mine: string, every = BEAT_MS): Held {
  const stop = startHeartbeat(path, mine, every);
  return {
    check() {
      if (readIfThere(path) === mine) return;
      throw failed('another process has taken over here: this one seemed gone', path, 'what was done before is kept');
    },
    release() {
      stop();
      try {
        if (readIfThere(path) === mine) rmSync(path, { force: true });
      } catch {
        // Nobody beats for it any more: it is taken over.
      }
    },
  };
}

/** A link appears with its whole content, which a file that is being written does not. */
function create(path: string, content: string, hint?: string): boolean {
  const beside = besidePath(path);
  try {
    writeFileSync(beside, content);
    linkSync(beside, path);
    return true;
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST') return false;
  } finally {
    removeQuietly(beside);
  }
  // Some file systems have no links.
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw usage(`cannot be written to: ${message}`, path, hint);
  }
}

/** Renaming first: of two that saw the same stale file, only one moves it; a fresh one moved by mistake goes back. */
function takeAway(path: string, seen: string): void {
  const aside = besidePath(path);
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readIfThere(aside);
  removeQuietly(aside);
  if (moved !== undefined && moved !== seen) create(path, moved);
}

/** Undefined when there is no such file. Throws CrossflowError `usage` when it is there and cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    // ENOTDIR: a part of the path is a file, as making it will say.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw usage(`tells who works here, but cannot be read: ${message}`, path, 'if nobody does, delete it');
  }
}
