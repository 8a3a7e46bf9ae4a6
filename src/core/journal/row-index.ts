import type { RecordKind } from './record';

const KINDS: readonly (RecordKind | undefined)[] = [undefined, 'kept', 'dropped', 'failed'];
const CODE: Readonly<Record<RecordKind, number>> = { kept: 1, dropped: 2, failed: 3 };

/** Where each row's record lies, over many files. Flat arrays: 25 bytes a row, so a million rows are 25 MB. */
export class RowIndex {
  private readonly kinds: Uint8Array;
  private readonly files: Uint32Array;
  private readonly offsets: Float64Array;
  private readonly lengths: Uint32Array;
  private readonly pictures: Float64Array;

  /** @param rows rows of the CSV */
  constructor(readonly rows: number) {
    this.kinds = new Uint8Array(rows);
    this.files = new Uint32Array(rows);
    this.offsets = new Float64Array(rows);
    this.lengths = new Uint32Array(rows);
    this.pictures = new Float64Array(rows);
  }

  /** An answered question counts above one that failed; of two answered ones the first, of two failed ones the last. */
  add(row: number, is: RecordKind, file: number, offset: number, length: number, imageBytes: number): void {
    if (row >= this.rows || this.isDone(row)) return;
    this.kinds[row] = CODE[is];
    this.files[row] = file;
    this.offsets[row] = offset;
    this.lengths[row] = length;
    this.pictures[row] = imageBytes;
  }

  kindOf = (row: number): RecordKind | undefined => KINDS[this.kinds[row] ?? 0];
  /** Answered, rightly or wrongly; a question that failed is asked again. */
  isDone = (row: number): boolean => this.kinds[row] === CODE.kept || this.kinds[row] === CODE.dropped;
  has = (row: number): boolean => (this.kinds[row] ?? 0) > 0;
  fileOf = (row: number): number => this.files[row];
  offsetOf = (row: number): number => this.offsets[row];
  /** Without the line end. */
  lengthOf = (row: number): number => this.lengths[row];
  /** NaN where it was not asked for. */
  imageBytesOf = (row: number): number => this.pictures[row];

  /** Records of the first `end` rows by kind. */
  counts(end = this.rows): Readonly<Record<RecordKind, number>> {
    const counts = [0, 0, 0, 0];
    for (let row = 0; row < Math.min(end, this.rows); row++) counts[this.kinds[row]]++;
    return { kept: counts[CODE.kept], dropped: counts[CODE.dropped], failed: counts[CODE.failed] };
  }
}
