import { fstatSync } from 'node:fs';
import { usage } from '../errors';
import { JOURNAL_FORMAT } from './identity';
import { BODY, isIntact, isTornStart, scanLines } from './lines';
import { headerSchema, type JournalHeader, type RecordKind } from './record';

/** What to do about a journal that cannot be gone on with. */
export const START_ANEW = 'choose another "output" folder, or delete the journal to begin anew';

export interface Scanned {
  /** Undefined for an empty journal, or one whose header was torn by power loss. */
  readonly header: JournalHeader | undefined;
  /** Lines in the middle of the file whose checksum is wrong. */
  readonly damaged: number;
  /** Where the last whole line ends. */
  readonly end: number;
}

/** One whole record: its row, and where its line lies. `bytes` are valid until the visitor returns. */
export type RecordVisitor = (row: number, is: RecordKind, offset: number, bytes: Buffer) => void;

/**
 * Reads a journal's lines without parsing their JSON. Safe while it is being written: what is not whole at its end is
 * left out. Throws CrossflowError `usage` when the file is no journal.
 */
export function scanJournal(
  file: number,
  path: string,
  visit: RecordVisitor,
  onHeader?: (header: JournalHeader) => void,
): Scanned {
  let header: JournalHeader | undefined;
  let [bad, damaged, end] = [0, 0, 0];
  scanLines(file, (bytes, offset, ended) => {
    const whole = ended && isIntact(bytes);
    if (offset === 0) {
      if (whole && bytes.includes('"header":')) {
        header = readHeader(bytes, path);
        onHeader?.(header);
        end = bytes.length + 1;
        return;
      }
      // A header torn by power loss is the only thing a file may hold that has no whole first line.
      if (!ended && bytes.length === fstatSync(file).size && isTornStart(bytes)) return false;
      throw usage('is not a journal of Crossflow, or its first line is damaged', path, START_ANEW);
    }
    const is = whole && readFields(bytes) ? fields.is : undefined;
    if (!is) {
      bad++;
      return;
    }
    // Bad lines before a whole one are damage; bad lines at the end are a torn write.
    damaged += bad;
    bad = 0;
    end = offset + bytes.length + 1;
    visit(fields.row, is, offset, bytes);
  });
  return { header, damaged, end };
}

/** The header alone; undefined for a journal that holds none yet. Throws CrossflowError `usage` when it is no journal. */
export function scanHeader(file: number, path: string): JournalHeader | undefined {
  let header: JournalHeader | undefined;
  scanLines(file, (bytes, _offset, ended) => {
    if (ended && isIntact(bytes)) header = readHeader(bytes, path);
    return false;
  });
  return header;
}

/** What readFields() found; one object for all lines, since a journal may hold a million. */
const fields: { row: number; is: RecordKind | undefined } = { row: 0, is: undefined };

const ROW = Buffer.from(',"row":');
const IS = Buffer.from(',"is":"');
const KINDS: readonly (readonly [RecordKind, Buffer])[] = (['kept', 'dropped', 'failed'] as const).map((kind) => [
  kind,
  Buffer.from(`${kind}",`),
]);

/** Reads `,"row":12,"is":"kept",`, with which every record begins (JournalWriter.append()). */
function readFields(bytes: Buffer): boolean {
  let at = BODY;
  if (!startsAt(bytes, at, ROW)) return false;
  at += ROW.length;
  let [row, digits] = [0, 0];
  for (; bytes[at] >= 48 && bytes[at] <= 57; at++, digits++) row = row * 10 + bytes[at] - 48;
  if (digits === 0 || !Number.isSafeInteger(row) || !startsAt(bytes, at, IS)) return false;
  at += IS.length;
  for (const [kind, text] of KINDS) {
    if (!startsAt(bytes, at, text)) continue;
    fields.row = row;
    fields.is = kind;
    return true;
  }
  return false;
}

function startsAt(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

const IMAGE_BYTES = '"image_bytes":';

/**
 * `image_bytes` of a record's line, read without parsing it; NaN where it has none. Inside a text of the record the
 * quotes would have backslashes before them.
 */
export function imageBytesOf(bytes: Buffer): number {
  const at = bytes.indexOf(IMAGE_BYTES);
  return at < 0 ? NaN : parseInt(bytes.toString('latin1', at + IMAGE_BYTES.length, at + IMAGE_BYTES.length + 16), 10);
}

function readHeader(bytes: Buffer, path: string): JournalHeader {
  const line = JSON.parse(bytes.toString()) as { header?: unknown };
  const parsed = headerSchema.safeParse(line.header);
  if (parsed.success) return parsed.data;
  const { identity } = (line.header ?? {}) as { identity?: { format?: unknown } };
  const format = typeof identity?.format === 'number' ? ` (${identity.format}; this one writes ${JOURNAL_FORMAT})` : '';
  throw usage(`was written by a version of Crossflow with another journal format${format}`, path, START_ANEW);
}
