/** The notes of an import: what it was asked, what it has done, so that another call can go on after any end. */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { failed } from '../errors';
import { openInPlace } from '../files/open-in-place';
import type { Item, OutputFile, Room } from './outputs';
import { STATE_FILE, UNNAMED_STATE_FILE } from '../checkpoint/quantized/marker';

const JOURNAL_FILE = 'crossflow-import.jsonl';

const doneSchema = z.object({
  name: z.string(),
  /** One for each room of the item. */
  sha256: z.array(z.string()),
  /** RoundingError, for a quantised weight. */
  error: z
    .object({
      square: z.number(),
      total: z.number(),
      outputSquare: z.number().optional(),
      outputTotal: z.number().optional(),
    })
    .optional(),
});
export type Done = z.infer<typeof doneSchema>;

/** Read at a time when finished tensors are verified. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** Size and time of a source file: a cheap sign that it is still the same. */
export async function fileFacts(paths: readonly string[]): Promise<unknown[]> {
  return Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(path);
      return { name: basename(path), size, mtimeMs };
    }),
  );
}

export class Work {
  private constructor(
    readonly folder: string,
    private readonly files: readonly FileHandle[],
    private readonly journal: FileHandle,
    /** What an earlier call finished, by the item's name. */
    readonly done: Map<string, Done>,
    /** Why an earlier call's work was not taken up. */
    readonly dropped: boolean,
  ) {}

  /**
   * Opens the work folder (refuseForeignWork() has seen it), or makes it. Work of a call that was asked something else (`asked` differs) is dropped.
   * @throws CrossflowError `failed` when the folder cannot be written
   */
  static async open(folder: string, outputs: readonly OutputFile[], asked: string): Promise<Work> {
    try {
      const before = await readFile(join(folder, STATE_FILE), 'utf8').catch(() => undefined);
      const same = before === asked;
      if (!same) await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      if (!same) await writeState(folder, asked);
      const done = same ? await readJournal(join(folder, JOURNAL_FILE)) : new Map<string, Done>();
      const files: FileHandle[] = [];
      for (const { path, head, bytes } of outputs) {
        await mkdir(join(folder, path, '..'), { recursive: true });
        const file = await openInPlace(join(folder, path));
        files.push(file);
        await file.truncate(bytes);
        await file.write(head, 0, head.length, 0);
      }
      // a line cut off by the end of an earlier call must not swallow the next one
      const journal = await open(join(folder, JOURNAL_FILE), 'a');
      if (done.size > 0) await journal.write('\n');
      return new Work(folder, files, journal, done, before !== undefined && !same);
    } catch (e) {
      throw failed(`cannot be written: ${(e as Error).message}`, folder);
    }
  }

  async write(room: Room, bytes: Uint8Array, at: number): Promise<void> {
    try {
      const file = this.files[room.file];
      for (let sent = 0; sent < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, sent, bytes.length - sent, room.offset + at + sent);
        sent += bytesWritten;
      }
    } catch (e) {
      throw failed(`cannot be written: ${(e as Error).message}`, this.folder, 'the same command goes on from here');
    }
  }

  /** Notes an item as done. Its bytes are verified before another call relies on this, so they need not be flushed. */
  async finish(item: Done): Promise<void> {
    await this.journal.write(JSON.stringify(item) + '\n');
    this.done.set(item.name, item);
  }

  /** Whether an item that an earlier call finished is still what it wrote. */
  async isWhole(item: Item): Promise<boolean> {
    const done = this.done.get(item.name);
    if (done?.sha256.length !== item.rooms.length) return false;
    const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(...item.rooms.map((r) => r.bytes))));
    for (const [i, room] of item.rooms.entries()) {
      const hash = createHash('sha256');
      for (let at = 0; at < room.bytes;) {
        const length = Math.min(buffer.length, room.bytes - at);
        const { bytesRead } = await this.files[room.file].read(buffer, 0, length, room.offset + at);
        if (bytesRead === 0) return false;
        hash.update(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
      if (hash.digest('hex') !== done.sha256[i]) return false;
    }
    return true;
  }

  /** Brings the weights to the disk. */
  async flush(): Promise<void> {
    for (const file of this.files) await file.sync();
  }

  async close(): Promise<void> {
    for (const file of [...this.files, this.journal]) await file.close();
  }
}

/** Removes an import's notes from the folder that it has become. */
export async function removeNotes(folder: string): Promise<void> {
  for (const name of [JOURNAL_FILE, STATE_FILE]) await rm(join(folder, name), { force: true });
}

async function writeState(folder: string, text: string): Promise<void> {
  await writeFile(join(folder, UNNAMED_STATE_FILE), text);
  await rename(join(folder, UNNAMED_STATE_FILE), join(folder, STATE_FILE));
}

/** Whole lines of the journal; what is no entry is what a killed call left. */
async function readJournal(path: string): Promise<Map<string, Done>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const done = new Map<string, Done>();
  for (const line of text.split('\n')) {
    try {
      const entry = doneSchema.parse(JSON.parse(line));
      done.set(entry.name, entry);
    } catch {
      // cut off
    }
  }
  return done;
}
