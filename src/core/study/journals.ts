/** Everything that a run's journals hold: those of its shards, of all their starts, and the merged one. */
import { closeSync, existsSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { changes, settingsChanges, settingsOf, type Identity } from '../journal/identity';
import { openJournal } from '../journal/reader';
import { RowIndex } from '../journal/row-index';
import type { JournalHeader } from '../journal/record';
import { imageBytesOf, scanJournal } from '../journal/scan';
import { usage } from '../errors';
import { journalFolder, mergedJournal, shardOfFile } from './folders';
import { listFolder } from './owner';
import type { PlannedRun, Study } from './types';

export interface JournalFile {
  readonly path: string;
  readonly header: JournalHeader;
  /** Bytes of the file when reading began: all of them were read. */
  readonly size: number;
  /** Whole records, those of rows that stand elsewhere too included. */
  readonly records: number;
  /** Lines in its middle whose checksum is wrong. */
  readonly damaged: number;
}

export interface RunJournals {
  /** The merged journal first, then the shards' by name. Files that hold no whole header are left out. */
  readonly files: readonly JournalFile[];
  /** Of the run that began first; undefined while there is no result. */
  readonly header: JournalHeader | undefined;
  readonly index: RowIndex;
}

/**
 * Reads all journals of a run, their whole lines only: others may write meanwhile. Throws CrossflowError `usage` when
 * they hold results of different things.
 * @param pictures whether imageBytesOf() of the index is wanted
 */
export function readJournals(study: Study, run: PlannedRun, pictures = false): RunJournals {
  const files: JournalFile[] = [];
  let index: RowIndex | undefined;
  for (const path of journalFiles(study, run)) {
    const file = openIfThere(path);
    if (file === undefined) continue;
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
      if (header) files.push({ path, header, size, records, damaged });
    } finally {
      closeSync(file);
    }
  }
  const [header] = files.map((file) => file.header).sort((a, b) => (a.about.started < b.about.started ? -1 : 1));
  return { files, header, index: index ?? new RowIndex(0) };
}

/** Existing journals of a run: the merged one first, whose lines are in order. */
export function journalFiles(study: Study, run: PlannedRun): string[] {
  const merged = mergedJournal(run);
  const folder = journalFolder(study, run);
  const shards = listFolder(folder).filter((name) => shardOfFile(name));
  return [...(existsSync(merged) ? [merged] : []), ...shards.map((name) => join(folder, name))];
}

/** Another process may have tidied it away. */
function openIfThere(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  return openJournal(path, 'r');
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

/** How to get rid of results that are no longer wanted. */
export const startAnew = (study: Study, run: PlannedRun): string =>
  `choose another "output" folder, or delete ${journalFolder(study, run)} and ${run.experiment.output} to begin this run anew`;

/** Throws CrossflowError `usage` when the results are not of this identity, and says what changed. */
export function checkIdentity(study: Study, run: PlannedRun, header: JournalHeader | undefined, is: Identity): void {
  refuse(study, run, header ? changes(header.identity, is) : []);
}

/** The same for who has not looked at checkpoint and CSV. */
export function checkSettings(study: Study, run: PlannedRun, { identity }: JournalHeader): void {
  refuse(study, run, settingsChanges(identity.settings, settingsOf(run.experiment)));
}

function refuse(study: Study, run: PlannedRun, changed: readonly string[]): void {
  if (changed.length === 0) return;
  const message = `holds results of another study: ${changed.join(', ')} changed since`;
  throw usage(message, journalFolder(study, run), startAnew(study, run));
}
