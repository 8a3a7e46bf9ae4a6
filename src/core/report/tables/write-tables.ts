import { join } from 'node:path';
import type { JournalReader } from '../../journal/reader';
import { pause } from '../../engine/control';
import { FileBeside } from '../../files/write-beside';
import { RunCounts } from '../summary';
import { runTables } from './tables';

/** Every so many milliseconds a signal or a message comes through. */
const BREATH_MS = 100;

export interface WrittenTables {
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly counts: RunCounts;
}

/**
 * Writes a run's tables (TABLES) into a folder in one pass over its records, each question's lines as it is read: a
 * million questions need no more memory than one. Throws CrossflowError `failed` when one cannot be written, `cancelled`
 * when stopped; each table is whole, old or new.
 * @param limit rows of the CSV that count
 */
export async function writeTables(
  folder: string,
  journal: JournalReader,
  limit: number,
  signal?: AbortSignal,
): Promise<WrittenTables> {
  const counts = new RunCounts(journal.header);
  const tables = runTables(journal.header);
  const files: FileBeside[] = [];
  try {
    for (const { name, head } of tables) {
      const file = new FileBeside(join(folder, name));
      files.push(file);
      file.write(head);
    }
    let breath = -Infinity;
    for (const record of journal.records(limit)) {
      if (performance.now() - breath > BREATH_MS) {
        await pause(signal);
        breath = performance.now();
      }
      counts.add(record);
      if (record.is === 'kept') tables.forEach((table, i) => files[i].write(table.lines(record)));
    }
    for (const file of files) file.finish();
  } catch (e) {
    for (const file of files) file.discard();
    throw e;
  }
  return { files: files.map((file) => file.path), counts };
}
