/**
 * The journal of a data set run: append-only, one checksummed line a result, the first line saying what the results were
 * computed from. It survives kill -9 and power loss: a result is on the disk before anybody hears of it, a line torn in
 * the middle is dropped when the journal is opened again, and a line damaged later costs that one result.
 */
import { closeSync, existsSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { CrossflowError, failed, usage } from '../errors';
import { changes, JOURNAL_FORMAT } from './identity';
import { encodeLine, isIntact, isTornStart, scanLines } from './lines';
import { headerSchema, recordSchema, type JournalHeader, type RecordKind, type RowRecord } from './record';
import { writeBeside } from './write-beside';

const START_ANEW = 'choose another "output" folder, or delete the journal to begin anew';

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
    const file = openFile(path, 'r');
    try {
      const { header, entries, damaged } = scan(file, path);
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
  private size: number;

  private constructor(path: string, scanned: Scanned & { header: JournalHeader }, file: number) {
    super(path, scanned.header, file, scanned.entries, scanned.damaged);
    this.size = scanned.end;
  }

  /**
   * Opens the journal, or begins it. What a torn write left at the end is cut off. Throws CrossflowError `usage` when the
   * journal holds results of something else, and says what changed.
   */
  static resume(path: string, header: JournalHeader): Journal {
    if (!existsSync(path)) writeBeside(path, [encodeLine({ header })]);
    const file = openFile(path, 'r+');
    try {
      const scanned = scan(file, path);
      if (scanned.header) {
        const changed = changes(scanned.header.identity, header.identity);
        if (changed.length > 0) {
          throw usage(`holds results of another run: ${changed.join(', ')} changed since`, path, START_ANEW);
        }
      }
      const journal = new Journal(path, { ...scanned, header: scanned.header ?? header }, file);
      ftruncateSync(file, scanned.end);
      if (!scanned.header) journal.write(encodeLine({ header }));
      return journal;
    } catch (e) {
      closeSync(file);
      throw e;
    }
  }

  /** Returns once the record is on the disk. Throws CrossflowError `failed` (disk full…), the journal left whole. */
  append(record: RowRecord): void {
    const { row, is, ...rest } = record;
    const line = encodeLine({ row, is, ...rest });
    const offset = this.size;
    this.write(line);
    this.entries.set(row, { is, offset, length: line.length - 1 });
  }

  private write(line: Buffer): void {
    try {
      for (let at = 0; at < line.length;) at += writeSync(this.file, line, at, line.length - at, this.size + at);
      fdatasyncSync(this.file);
    } catch (e) {
      // What was written of the line goes; if even that fails, the next run drops it by its checksum.
      try {
        ftruncateSync(this.file, this.size);
      } catch {
        // Nothing more can be done here.
      }
      throw failed(`cannot be written: ${(e as Error).message}`, this.path, 'the results up to here are kept');
    }
    this.size += line.length;
  }
}

interface Scanned {
  readonly header: JournalHeader | undefined;
  readonly entries: Map<number, Entry>;
  readonly damaged: number;
  /** Where the last whole line ends. */
  readonly end: number;
}

const FIELDS = /^,"row":(\d+),"is":"(kept|dropped|failed)",/;
const FIELDS_AT = '{"crc":"89abcdef"'.length;

function scan(file: number, path: string): Scanned {
  const entries = new Map<number, Entry>();
  let header: JournalHeader | undefined;
  let [bad, damaged, end] = [0, 0, 0];
  for (const { offset, bytes, ended } of scanLines(file)) {
    const whole = ended && isIntact(bytes);
    if (offset === 0 && !(whole && bytes.includes('"header":'))) {
      // A header torn by power loss is the only thing a file may hold that has no whole first line.
      if (!ended && bytes.length === fstatSync(file).size && isTornStart(bytes)) break;
      throw usage('is not a journal of Crossflow, or its first line is damaged', path, START_ANEW);
    }
    const fields = FIELDS.exec(bytes.toString('latin1', FIELDS_AT, FIELDS_AT + 48));
    if (!whole || (offset > 0 && !fields)) {
      bad++;
      continue;
    }
    // Bad lines before a whole one are damage; bad lines at the end are a torn write.
    damaged += bad;
    bad = 0;
    end = offset + bytes.length + 1;
    if (offset === 0) header = readHeader(bytes, path);
    // The last record of a row counts: a question that failed is asked again.
    else if (fields) entries.set(Number(fields[1]), { is: fields[2] as RecordKind, offset, length: bytes.length });
  }
  return { header, entries, damaged, end };
}

function readHeader(bytes: Buffer, path: string): JournalHeader {
  const line = JSON.parse(bytes.toString()) as { header?: unknown };
  const parsed = headerSchema.safeParse(line.header);
  if (parsed.success) return parsed.data;
  const { identity } = (line.header ?? {}) as { identity?: { format?: unknown } };
  const format = typeof identity?.format === 'number' ? ` (${identity.format}; this one writes ${JOURNAL_FORMAT})` : '';
  throw usage(`was written by a version of Crossflow with another journal format${format}`, path, START_ANEW);
}

function openFile(path: string, flags: 'r' | 'r+'): number {
  try {
    return openSync(path, flags);
  } catch (e) {
    if (e instanceof CrossflowError) throw e;
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw usage('no journal here', path, 'run the experiment first');
    throw usage(`cannot be opened: ${message}`, path);
  }
}
