import { readFile } from 'node:fs/promises';
import { CsvError, parse, type Info, type Options } from 'csv-parse/sync';
import { usage } from '../errors';

/** One record of a CSV file, by column name. */
export interface TableRow {
  /** Line of the file where the record starts, from 1. */
  readonly line: number;
  readonly fields: ReadonlyMap<string, string>;
}

export interface Table {
  readonly columns: ReadonlySet<string>;
  readonly rows: readonly TableRow[];
  /** The file as read, for its hash. */
  readonly bytes: Buffer;
}

interface Parsed {
  readonly record: string[];
  readonly info: Info;
}

/** Reads a CSV file (UTF-8, with or without BOM, any line ends). Throws CrossflowError `usage` naming file and line. */
export async function readTable(file: string): Promise<Table> {
  const bytes = await readFile(file).catch((e: unknown) => {
    const { code, message } = e as NodeJS.ErrnoException;
    throw usage(code === 'ENOENT' ? 'no such CSV file' : `cannot be read: ${message}`, file);
  });
  const text = decode(bytes, file);
  const lineAt = lineCounter(text);
  const [head, ...records] = parseRecords(text, file, lineAt);
  if (!head || records.length === 0) throw usage('has no rows', file, 'a header line and one line per question');
  const columns = head.record.map((name) => name.trim());
  let end = head.info.bytes;
  const rows = records.map(({ record, info }) => {
    const line = lineAt(end);
    end = info.bytes;
    // A comma too many at the end of lines adds nothing.
    while (record.length > columns.length && record.at(-1) === '') record.pop();
    if (record.length !== columns.length) {
      throw usage(`has ${record.length} fields where the header has ${columns.length}`, { file, line });
    }
    return { line, fields: new Map(columns.map((name, i) => [name, record[i] ?? ''])) };
  });
  return { columns: new Set(columns), rows, bytes };
}

function decode(bytes: Buffer, file: string): Buffer {
  try {
    // The decoder drops the byte order mark.
    return Buffer.from(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw usage('is not UTF-8 text', file, 'save the CSV as UTF-8');
  }
}

const OPTIONS = {
  info: true,
  relax_column_count: true,
  skip_empty_lines: true,
  record_delimiter: ['\r\n', '\n', '\r'],
};

function parseRecords(text: Buffer, file: string, lineAt: (byte: number) => number): Parsed[] {
  const run = (more: Options = {}): Parsed[] => parse(text, { ...OPTIONS, ...more }) as unknown as Parsed[];
  try {
    return run();
  } catch (e) {
    if (!(e instanceof CsvError)) throw e;
    if (e.code === 'INVALID_OPENING_QUOTE') return checkQuotes(run({ relax_quotes: true }), file, lineAt);
    const good = typeof e['records'] === 'number' && e['records'] > 0 ? run({ to: e['records'] }).at(-1) : undefined;
    throw usage(PROBLEMS[e.code] ?? e.message, { file, line: lineAt(good?.info.bytes ?? 0) });
  }
}

/**
 * pandas takes a quote in the middle of a field as it stands, and so does this. Read that way, a field that still begins
 * with a quote had text after its closing one: then nobody knows where it ends.
 */
function checkQuotes(records: Parsed[], file: string, lineAt: (byte: number) => number): Parsed[] {
  let end = 0;
  for (const { record, info } of records) {
    const line = lineAt(end);
    end = info.bytes;
    if (record.some((field) => /^"[^"]*"./.test(field))) {
      throw usage(PROBLEMS.CSV_INVALID_CLOSING_QUOTE!, { file, line });
    }
  }
  return records;
}

const PROBLEMS: Partial<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote opens here and is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'text after a closing quote',
};

/** Line (from 1) of the first character at or after a byte that is no line end; asked in ascending order. */
function lineCounter(text: Buffer): (byte: number) => number {
  let at = 0;
  let line = 1;
  const [CR, LF] = [13, 10];
  return (byte) => {
    for (; at < text.length && (at < byte || text[at] === CR || text[at] === LF); at++) {
      if (text[at] === LF || (text[at] === CR && text[at + 1] !== LF)) line++;
    }
    return line;
  };
}
