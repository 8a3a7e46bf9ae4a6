import { join } from 'node:path';
import { FileBeside } from '../../files/write-beside';
import type { JournalHeader, KeptRecord } from '../../journal/record';
import { runTables, type Table } from './tables';

/**
 * A run's tables (TABLES) as files of a folder, written question by question: a million questions need no more memory than
 * one. Each is whole, old or new. finish() or discard() must be called. All throw CrossflowError `failed` when one cannot
 * be written.
 */
export class TableFiles {
  private readonly tables: readonly Table[];
  private readonly files: FileBeside[] = [];

  constructor(folder: string, header: JournalHeader) {
    this.tables = runTables(header);
    try {
      for (const { name, head } of this.tables) {
        const file = new FileBeside(join(folder, name));
        this.files.push(file);
        file.write(head);
      }
    } catch (e) {
      this.discard();
      throw e;
    }
  }

  add(record: KeptRecord): void {
    this.tables.forEach((table, i) => this.files[i].write(table.lines(record)));
  }

  /** @returns absolute paths */
  finish(): string[] {
    for (const file of this.files) file.finish();
    return this.files.map((file) => file.path);
  }

  /** Leaves what stands there as it is. Does nothing after finish(). */
  discard(): void {
    for (const file of this.files) file.discard();
  }
}
