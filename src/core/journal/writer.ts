import { fdatasyncSync, ftruncateSync, writeSync } from 'node:fs';
import { failed } from '../errors';
import { encodeLine } from './lines';
import type { JournalHeader, RowRecord } from './record';

/** Appends checksummed lines to an open journal. Nobody else may write to the file. */
export class JournalWriter {
  /** @param size bytes of the file, whole lines only */
  constructor(
    readonly path: string,
    private readonly file: number,
    private size: number,
  ) {}

  begin(header: JournalHeader): void {
    this.write(encodeLine({ header }));
  }

  /**
   * Returns once the record is on the disk, and says where. Throws CrossflowError `failed` (disk full…), the journal left
   * whole.
   */
  append(record: RowRecord): { readonly offset: number; readonly length: number } {
    const { row, is, ...rest } = record;
    const line = encodeLine({ row, is, ...rest });
    const offset = this.size;
    this.write(line);
    return { offset, length: line.length - 1 };
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
