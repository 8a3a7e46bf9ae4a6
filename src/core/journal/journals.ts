/** Everything that a run's journals hold: those of its shards, of all their starts, and the merged one. */
import { closeSync, existsSync, fstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { usage } from '../errors';
import type { Experiment } from '../experiment/types';
import { changes, settingsChanges, settingsOf, type Identity } from './identity';
import { shardOfFile, type Place } from './place';
import type { JournalHeader } from './record';
import { RowIndex } from './row-index';
import { imageBytesOf, scanHeader, scanJournal } from './scan';

export interface ReadFile {
  readonly path: string;
  /** Bytes of the file when reading began: all of them were read. */
  readonly size: number;
}

export interface JournalFile extends ReadFile {
  readonly header: JournalHeader;
  /** Whole records, those of rows that stand elsewhere too included. */
  readonly records: number;
  /** Lines in its middle whose checksum is wrong. */
  readonly damaged: number;
}

export interface RunJournals {
  /** The merged journal first, then the shards' by name. Files that hold no whole header are left out. */
  readonly files: readonly JournalFile[];
  /** Those that were left out: their process ended before its first result. */
  readonly empty: readonly ReadFile[];
  /** Of the run that began first; undefined while there is no result. */
  readonly header: JournalHeader | undefined;
  readonly index: RowIndex;
  /** Damaged lines of all files. */
  readonly damaged: number;
}

export interface ReadOptions {
  /** Whether imageBytesOf() of the index is wanted. */
  readonly pictures?: boolean;
  /** Takes over each file that counts, still open; left out: closed. */
  readonly keep?: (file: number, number: number) => void;
}

/**
 * Reads all journals of a run, their whole lines only: others may write meanwhile. Throws CrossflowError `usage` when
 * they hold results of different things.
 */
export function readJournals(place: Place, { pictures = false, keep }: ReadOptions = {}): RunJournals {
  for (;;) {
    const read = readOnce(place, pictures, keep);
    if (read) return read;
  }
}

/** Undefined when a file was tidied away meanwhile: its results stand in a merged journal that was not read yet. */
function readOnce(place: Place, pictures: boolean, keep: ReadOptions['keep']): RunJournals | undefined {
  const files: JournalFile[] = [];
  const empty: ReadFile[] = [];
  let index: RowIndex | undefined;
  for (const path of journalFiles(place)) {
    const file = openIfThere(path);
    if (file === undefined) return undefined;
    let kept = false;
    try {
      const { size } = fstatSync(file);
      let records = 0;
      const { header, damaged } = scanJournal(
        file,
        path,
        (row, is, offset, bytes) => {
          records++;
          const picture = pictures ? imageBytesOf(bytes) : NaN;
          index?.add(row, is, files.length, offset, bytes.length, picture);
        },
        ({ about, identity }) => {
          if (files[0]) sameOrThrow(files[0], { path, identity });
          index ??= new RowIndex(about.rows);
        },
      );
      if (!header) {
        empty.push({ path, size });
        continue;
      }
      kept = keep !== undefined;
      keep?.(file, files.length);
      files.push({ path, header, size, records, damaged });
    } finally {
      if (!kept) closeSync(file);
    }
  }
  const [header] = files.map((file) => file.header).sort((a, b) => (a.about.started < b.about.started ? -1 : 1));
  const damaged = files.reduce((sum, file) => sum + file.damaged, 0);
  return { files, empty, header, index: index ?? new RowIndex(0), damaged };
}

/** Existing journals of a run: the merged one first, whose lines are in order. */
export function journalFiles({ journals, merged }: Place): string[] {
  const shards = listFolder(journals).filter((name) => shardOfFile(name));
  return [...(existsSync(merged) ? [merged] : []), ...shards.map((name) => join(journals, name))];
}

/** Names in a folder, sorted; none where there is no such folder. */
export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** Another process may have tidied it away. Throws CrossflowError `usage`. */
function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw usage(`cannot be opened: ${message}`, path);
  }
}

function sameOrThrow(first: JournalFile, other: { readonly path: string; readonly identity: Identity }): void {
  const changed = changes(first.header.identity, other.identity);
  if (changed.length === 0) return;
  throw usage(
    `holds results of another run than ${first.path}: ${changed.join(', ')} changed between them`,
    other.path,
    'delete the one that is not wanted',
  );
}

/** What the results that are there were computed from, file by file, read from their first lines alone. */
export function headersOf(place: Place): JournalHeader[] {
  return journalFiles(place).flatMap((path) => {
    const file = openIfThere(path);
    if (file === undefined) return [];
    try {
      return scanHeader(file, path) ?? [];
    } finally {
      closeSync(file);
    }
  });
}

/** Throws CrossflowError `usage` when the results that are there are not of this identity, and says what changed. */
export function checkIdentity(place: Place, header: JournalHeader | undefined, is: Identity): void {
  refuse(place, header ? changes(header.identity, is) : []);
}

/** The same for who has not looked at checkpoint and CSV. */
export function checkSettings(place: Place, { identity }: JournalHeader, experiment: Experiment): void {
  refuse(place, settingsChanges(identity.settings, settingsOf(experiment)));
}

function refuse(place: Place, changed: readonly string[]): void {
  if (changed.length === 0) return;
  throw usage(`holds results of another run: ${changed.join(', ')} changed since`, nameOf(place), startAnew(place));
}

/** What to call the results in a message: a path that exists. */
export const nameOf = ({ journals, merged }: Place): string => (existsSync(merged) ? merged : journals);

/** How to get rid of results that are no longer wanted. */
export function startAnew({ journals, merged }: Place): string {
  const there = [journals, merged].filter((path) => existsSync(path));
  return `choose another "output" folder, or delete ${there.join(' and ')} to begin anew`;
}
