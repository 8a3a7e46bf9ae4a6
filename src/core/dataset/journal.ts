/**
 * The journal of a data set run: append-only, one checksummed line a result, the first line saying what the results were
 * computed from. It survives kill -9 and power loss: a result is on the disk before anybody hears of it, a line torn in
 * the middle is dropped when the journal is opened again, and a line damaged later costs that one result.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { CrossflowError, usage } from '../errors';
import { changes } from './identity';
import { JournalWriter } from './journal-writer';
import { encodeLine } from './lines';
import { recordSchema, type JournalHeader, type RecordKind, type RowRecord } from './record';
import { scanJournal, START_ANEW, type Scanned } from './scan';
import { writeBeside } from '../files/write-beside';

interface Entry {
  readonly is: RecordKind;
  readonly offset: number;
  readonly length: number;
}

/** A journal opened for reading: safe while a run still writes it. */
export class JournalReader {
  protected constructor(
    readonly path: string,
    readonly header: JournalHeader,
    protected readonly file: number,
    protected readonly entries: Map<number, Entry>,
    /** Lines in the middle of the file whose checksum is wrong; their questions count as not done. */
    readonly damaged: number,
  ) {}

  /** Throws CrossflowError `usage` when there is no journal or it is none. */
  static open(path: string): JournalReader {
    const file = openJournal(path, 'r');
    try {
      const { header, entries, damaged } = index(file, path);
      if (!header) throw usage('holds no result yet', path, 'run the experiment first');
      return new JournalReader(path, header, file, entries, damaged);
    } catch (e) {
      closeSync(file);
      throw e;
    }
  }

  /** What became of a row; undefined while it is not done. */
  kindOf(row: number): RecordKind | undefined {
    return this.entries.get(row)?.is;
  }

  /** Rows below `end` in the order of the CSV, each read only when asked for. */
  *records(end = Infinity): Generator<RowRecord> {
    const rows = [...this.entries.keys()].filter((row) => row < end).sort((a, b) => a - b);
    for (const row of rows) yield this.record(row)!;
  }

  record(row: number): RowRecord | undefined {
    const entry = this.entries.get(row);
    if (!entry) return undefined;
    const bytes = Buffer.alloc(entry.length);
    readSync(this.file, bytes, 0, entry.length, entry.offset);
    return recordSchema.parse(JSON.parse(bytes.toString()));
  }

  close(): void {
    closeSync(this.file);
  }
}

/** A journal that one run appends to. Hold the folder's lock (lock.ts). */
export class Journal extends JournalReader {
  private constructor(
    path: string,
    header: JournalHeader,
    file: number,
    { entries, damaged }: Indexed,
    private readonly writer: JournalWriter,
  ) {
    super(path, header, file, entries, damaged);
  }

  /**
   * Opens the journal, or begins it. What a torn write left at the end is cut off. Throws CrossflowError `usage` when the
   * journal holds results of something else, and says what changed.
   */
  static resume(path: string, header: JournalHeader): Journal {
    if (!existsSync(path)) writeBeside(path, [encodeLine({ header })]);
    const file = openJournal(path, 'r+');
    try {
      const indexed = index(file, path);
      if (indexed.header) {
        const changed = changes(indexed.header.identity, header.identity);
        if (changed.length > 0) {
          throw usage(`holds results of another run: ${changed.join(', ')} changed since`, path, START_ANEW);
        }
      }
      ftruncateSync(file, indexed.end);
      const writer = new JournalWriter(path, file, indexed.end);
      if (!indexed.header) writer.begin(header);
      return new Journal(path, indexed.header ?? header, file, indexed, writer);
    } catch (e) {
      closeSync(file);
      throw e;
    }
  }

  /** Returns once the record is on the disk. Throws CrossflowError `failed` (disk full…), the journal left whole. */
  append(record: RowRecord): void {
    this.entries.set(record.row, { is: record.is, ...this.writer.append(record) });
  }
}

interface Indexed extends Scanned {
  readonly entries: Map<number, Entry>;
}

/** The last record of a row counts: a question that failed is asked again. */
function index(file: number, path: string): Indexed {
  const entries = new Map<number, Entry>();
  const scanned = scanJournal(file, path, (row, is, offset, { length }) => entries.set(row, { is, offset, length }));
  return { ...scanned, entries };
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
