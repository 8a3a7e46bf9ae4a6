import { usage } from '../errors';
import { BlockReader } from './block-reader';
import { nameOf, readJournals, type RunJournals } from './journals';
import type { Place } from './place';
import { recordSchema, type JournalHeader, type RecordKind, type RowRecord } from './record';
import { START_ANEW } from './scan';

/** The results of one run, whatever files they lie in. Safe while others write, merge or tidy: it shows what was there. */
export class JournalReader {
  private constructor(
    readonly place: Place,
    readonly header: JournalHeader,
    private readonly journals: RunJournals,
    private readonly reader: BlockReader,
  ) {}

  /** Throws CrossflowError `usage` when there are no results, or a file there is no journal. */
  static open(place: Place): JournalReader {
    const reader = JournalReader.openIfAny(place);
    if (!reader) throw usage('no results yet', nameOf(place), 'run the experiment first');
    return reader;
  }

  /** The same; undefined when there are no results. */
  static openIfAny(place: Place): JournalReader | undefined {
    const reader = new BlockReader();
    try {
      const journals = readJournals(place, { keep: (file, number) => reader.keep(file, number) });
      reader.name(journals.files.map(({ path }) => path));
      if (journals.header) return new JournalReader(place, journals.header, journals, reader);
      reader.close();
      return undefined;
    } catch (e) {
      reader.close();
      throw e;
    }
  }

  /** Lines in the middle of its files whose checksum is wrong; their questions count as not done. */
  get damaged(): number {
    return this.journals.damaged;
  }

  /** Rows of the CSV. */
  get rows(): number {
    return this.journals.index.rows;
  }

  /** What became of a row; undefined while it is not done. */
  kindOf(row: number): RecordKind | undefined {
    return this.journals.index.kindOf(row);
  }

  /** Records of the first `end` rows by kind. */
  counts(end?: number): Readonly<Record<RecordKind, number>> {
    return this.journals.index.counts(end);
  }

  /** Rows below `end` in the order of the CSV, each read only when asked for. Throws as record(). */
  *records(end = Infinity): Generator<RowRecord> {
    for (let row = 0; row < Math.min(end, this.rows); row++) {
      const record = this.record(row);
      if (record) yield record;
    }
  }

  /** Throws CrossflowError `usage` when the row's line is whole and yet no record. */
  record(row: number): RowRecord | undefined {
    const { index, files } = this.journals;
    if (!index.has(row)) return undefined;
    const file = index.fileOf(row);
    const text = this.reader.text(file, index.offsetOf(row), index.lengthOf(row));
    const parsed = recordSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    throw usage(`the record of row ${row + 1} is none of this version of Crossflow`, files[file].path, START_ANEW);
  }

  close(): void {
    this.reader.close();
  }
}
