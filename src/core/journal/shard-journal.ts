import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { JournalWriter } from './writer';
import type { JournalHeader, RowRecord } from './record';
import { flushFolder } from '../files/write-beside';
import { failed } from '../errors';
import { shardFile, type Shard } from './place';

/** The name of a file that no start of this shard has written yet. */
export function freeShardFile(folder: string, shard: Shard): string {
  for (let start = 1; ; start++) {
    const path = shardFile(folder, shard, start);
    if (!existsSync(path)) return path;
  }
}

/**
 * The journal of one start of one shard, made with the first result. This process alone ever writes to it, so that it
 * needs no lock on any file system; a next start makes a file of its own.
 */
export class ShardJournal {
  private file: number | undefined;
  private writer: JournalWriter | undefined;

  constructor(
    private readonly folder: string,
    private readonly shard: Shard,
    private readonly header: JournalHeader,
  ) {}

  /** Returns once the record is on the disk. Throws CrossflowError `failed` (disk full…), the journal left whole. */
  append(record: RowRecord): void {
    this.writer ??= this.create();
    this.writer.append(record);
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = this.writer = undefined;
  }

  private create(): JournalWriter {
    mkdirSync(this.folder, { recursive: true });
    for (;;) {
      const path = freeShardFile(this.folder, this.shard);
      try {
        this.file = openSync(path, 'wx');
      } catch (e) {
        // Somebody was quicker; nothing of theirs is touched.
        if ((e as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw failed(`cannot be made: ${(e as Error).message}`, path, 'the results up to here are kept');
      }
      const writer = new JournalWriter(path, this.file, 0);
      writer.begin(this.header);
      flushFolder(dirname(path));
      return writer;
    }
  }
}
