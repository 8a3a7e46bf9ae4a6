import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { usage } from '../../errors';

/** One line of a result table: its fields by name. */
export interface ResultLine {
  /** Line of the file where it ends, from 1. */
  readonly line: number;
  field(column: string): string | undefined;
}

/** Longest field: the lists of best words come to a few thousand signs. */
const MOST_BYTES = 1 << 20;

/** The columns of a CSV file; undefined of one that has none or is none. */
export async function readColumns(file: string): Promise<ReadonlySet<string> | undefined> {
  try {
    for await (const { columns } of rows(file, 1)) return columns;
  } catch {
    // It is told when its lines are read.
  }
  return undefined;
}

/** The lines of a CSV file, one after another. Throws CrossflowError `usage` naming file and line. */
export async function* readLines(file: string): AsyncGenerator<ResultLine> {
  try {
    for await (const { columns, at, line, record } of rows(file)) {
      if (record.length !== columns.size) {
        throw usage(`has ${record.length} fields where the header has ${columns.size}`, { file, line });
      }
      yield { line, field: (column) => record[at.get(column) ?? -1] };
    }
  } catch (e) {
    if (e instanceof CsvError) throw usage(e.message.replace(/^.*?: /, ''), { file, line: Number(e['lines']) || 1 });
    const { code, message } = e as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw usage('no such CSV file', file);
    if (code === 'EISDIR' || code === 'EACCES') throw usage(`cannot be read: ${message}`, file);
    throw e;
  }
}

interface Row {
  readonly columns: ReadonlySet<string>;
  readonly at: ReadonlyMap<string, number>;
  readonly record: readonly string[];
  readonly line: number;
}

/** Rows after the header; with `to: 1` the header itself, as a row without fields. */
async function* rows(file: string, to?: 1): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MOST_BYTES,
    ...(to && { to }),
  });
  const input = createReadStream(file);
  input.on('error', (e) => parser.destroy(e));
  input.pipe(parser);
  try {
    let at: Map<string, number> | undefined;
    let columns = new Set<string>();
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (at) yield { columns, at, record, line: info.lines };
      else {
        at = new Map(record.map((name, i) => [name.trim(), i]));
        columns = new Set(at.keys());
        if (to) yield { columns, at, record: [], line: 1 };
      }
    }
  } finally {
    input.destroy();
  }
}
