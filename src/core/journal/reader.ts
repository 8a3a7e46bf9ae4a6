/**
 * The journal of a data set run: append-only, one checksummed line a result, the first line saying what the results were
 * computed from. It survives kill -9 and power loss: a result is on the disk before anybody hears of it, a line torn in
 * the middle is dropped when the journal is opened again, and a line damaged later costs that one result.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { CrossflowError, usage } from '../errors';
import { changes } from './identity';
import { ForwardReader } from './forward-reader';
import { JournalWriter } from './writer';
import { encodeLine } from './lines';
import { recordSchema, type JournalHeader, type RecordKind, type RowRecord } from './record';
import { RowIndex } from './row-index';
import { imageBytesOf, scanHeader, scanJournal, START_ANEW, type Scanned } from './scan';
import { writeBeside } from '../files/write-beside';

/** A journal opened for reading: safe while a run still writes it. */
export class JournalReader {
  protected constructor(
    readonly path: string,
    readonly header: JournalHeader,
    protected readonly file: number,
    protected readonly index: RowIndex,
    /** Lines in the middle of the file whose checksum is wrong; their questions count as not done. */
    readonly damaged: number,
  ) {}

  /** Throws CrossflowError `usage` when there is no journal or it is none. */
  static open(path: string): JournalReader {
    const file = openJournal(path, 'r');
    try {
      const { header, index, damaged } = indexed(file, path);
      if (!header) throw noResult(path);
      return new JournalReader(path, header, file, index, damaged);
    } catch (e) {
      closeSync(file);
      throw e;
    }
  }

  /** What became of a row; undefined while it is not done. */
  kindOf(row: number): RecordKind | undefined {
    return this.index.kindOf(row);
  }

  /** Rows below `end` in the order of the CSV, each read only when asked for. Throws as record(). */
  *records(end = Infinity): Generator<RowRecord> {
    const reader = new ForwardReader(this.file, this.path);
    for (let row = 0; row < Math.min(end, this.index.rows); row++) {
      if (this.index.has(row)) yield this.parse(row, reader.text(this.index.offsetOf(row), this.index.lengthOf(row)));
    }
  }

  /** Throws CrossflowError `usage` when the row's line is whole and yet no record. */
  record(row: number): RowRecord | undefined {
    if (!this.index.has(row)) return undefined;
    const bytes = Buffer.alloc(this.index.lengthOf(row));
    readSync(this.file, bytes, 0, bytes.length, this.index.offsetOf(row));
    return this.parse(row, bytes.toString());
  }

  close(): void {
    closeSync(this.file);
  }

  private parse(row: number, text: string): RowRecord {
    const parsed = recordSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    throw usage(`the record of row ${row + 1} is none of this version of Crossflow`, this.path, START_ANEW);
  }
}

/** A journal that one run appends to. Hold the folder's lock (lock.ts). */
export class Journal extends JournalReader {
  private constructor(
    path: string,
    header: JournalHeader,
    file: number,
    index: RowIndex,
    damaged: number,
    private readonly writer: JournalWriter,
  ) {
    super(path, header, file, index, damaged);
  }

  /**
   * Opens the journal, or begins it. What a torn write left at the end is cut off. Throws CrossflowError `usage` when the
   * journal holds results of something else, and says what changed.
   */
  static resume(path: string, header: JournalHeader): Journal {
    if (!existsSync(path)) writeBeside(path, [encodeLine({ header })]);
    const file = openJournal(path, 'r+');
    try {
      const found = indexed(file, path, true);
      if (found.header) {
        const changed = changes(found.header.identity, header.identity);
        if (changed.length > 0) {
          throw usage(`holds results of another run: ${changed.join(', ')} changed since`, path, START_ANEW);
        }
      }
      ftruncateSync(file, found.end);
      const writer = new JournalWriter(path, file, found.end);
      if (found.header) return new Journal(path, found.header, file, found.index, found.damaged, writer);
      writer.begin(header);
      return new Journal(path, header, file, new RowIndex(header.about.rows), found.damaged, writer);
    } catch (e) {
      closeSync(file);
      throw e;
    }
  }

  /** Returns once the record is on the disk. Throws CrossflowError `failed` (disk full…), the journal left whole. */
  append(record: RowRecord): void {
    const { offset, length } = this.writer.append(record);
    this.index.add(record.row, record.is, 0, offset, length, record.image_bytes);
  }

  /** Size of the picture that a row's record was computed from, in bytes; read without the rest of the record. */
  imageBytesOf(row: number): number {
    return this.index.imageBytesOf(row);
  }
}

/** What a journal's results were computed from, and facts about them, its records unread. Throws as JournalReader.open(). */
export function journalHeader(path: string): JournalHeader {
  const file = openJournal(path, 'r');
  try {
    const header = scanHeader(file, path);
    if (!header) throw noResult(path);
    return header;
  } finally {
    closeSync(file);
  }
}

const noResult = (path: string): CrossflowError => usage('holds no result yet', path, 'run the experiment first');

/** @param pictures whether imageBytesOf() of the index is wanted */
function indexed(file: number, path: string, pictures = false): Scanned & { readonly index: RowIndex } {
  let index = new RowIndex(0);
  const scanned = scanJournal(
    file,
    path,
    (row, is, offset, bytes) => index.add(row, is, 0, offset, bytes.length, pictures ? imageBytesOf(bytes) : NaN),
    ({ about }) => (index = new RowIndex(about.rows)),
  );
  return { ...scanned, index };
}

/** Throws CrossflowError `usage`. */
export function openJournal(path: string, flags: 'r' | 'r+'): number {
  try {
    return openSync(path, flags);
  } catch (e) {
    if (e instanceof CrossflowError) throw e;
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw usage('no journal here', path, 'run the experiment first');
    throw usage(`cannot be opened: ${message}`, path);
  }
}
