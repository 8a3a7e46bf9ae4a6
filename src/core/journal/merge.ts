import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failed, usage } from '../errors';
import type { Experiment } from '../experiment/types';
import { writeBeside } from '../files/write-beside';
import { BlockReader } from './block-reader';
import { checkSettings, journalFiles, readJournals, type RunJournals } from './journals';
import { encodeLine } from './lines';
import type { Place } from './place';
import type { RecordKind } from './record';
import { removeMerged } from './tidy';
import { hold, type Held } from '../files/hold';
import { nameOf } from '../files/holder';

export interface Merged extends Readonly<Record<RecordKind, number>> {
  readonly journal: string;
  /** Shards' files that it was made of, the merged journal there was left out. */
  readonly shards: number;
  /** False when it already held everything. */
  readonly written: boolean;
  readonly damaged: number;
}

/**
 * Brings all results of a run into one journal, in the order of the CSV, each question once; undefined while there is no
 * result. Shards may be at work: what they write later comes with the next merge. Their files stay, but with `tidy`, which
 * removes those that are merged and that nobody writes (tidy.ts). Throws CrossflowError `usage` when the results are not of
 * the experiment's settings, or of different things; `failed` when the disk is full, the old journal left as it was.
 */
export function mergeJournals(place: Place, experiment: Experiment, tidy = false): Merged | undefined {
  const target = place.merged;
  if (journalFiles(place).length === 0) return undefined;
  makeFolder(dirname(target));
  const lock = lockFolder(dirname(target));
  try {
    const journals = readJournals(place);
    const { header, files, empty, index, damaged } = journals;
    if (!header) return undefined;
    checkSettings(place, header, experiment);
    const written = !isMerged(journals, target);
    if (written) writeBeside(target, mergedLines(journals));
    const shards = files.filter((file) => file.path !== target);
    if (tidy) {
      lock.check();
      removeMerged(place.journals, [...shards, ...empty.filter((file) => file.path !== target)]);
    }
    return { journal: target, shards: shards.length, written, damaged, ...index.counts() };
  } finally {
    lock.release();
  }
}

/** Whether every row's record stands in the merged journal, and nothing else does. */
function isMerged({ files, index }: RunJournals, target: string): boolean {
  if (files[0]?.path !== target || files[0].damaged > 0) return false;
  let rows = 0;
  for (let row = 0; row < index.rows; row++) {
    if (!index.has(row)) continue;
    if (index.fileOf(row) !== 0) return false;
    rows++;
  }
  return rows === files[0].records;
}

/** Bytes handed on at once. */
const PIECE_BYTES = 4 << 20;
const NEWLINE = 10;

function* mergedLines({ header, files, index }: RunJournals): Generator<Uint8Array> {
  yield encodeLine({ header });
  const reader = new BlockReader();
  reader.name(files.map((file) => file.path));
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let filled = 0;
  try {
    for (let row = 0; row < index.rows; row++) {
      if (!index.has(row)) continue;
      const length = index.lengthOf(row);
      if (filled + length + 1 > piece.length) {
        if (filled > 0) yield piece.subarray(0, filled);
        if (length + 1 > piece.length) piece = Buffer.allocUnsafe(length + 1);
        filled = 0;
      }
      reader.copy(index.fileOf(row), index.offsetOf(row), length, piece, filled);
      filled += length;
      piece[filled++] = NEWLINE;
    }
    if (filled > 0) yield piece.subarray(0, filled);
  } finally {
    reader.close();
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (e) {
    throw failed(`cannot be made: ${(e as Error).message}`, path);
  }
}

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
