import { closeSync, openSync } from 'node:fs';
import { failed } from '../errors';
import { ForwardReader } from './forward-reader';

/** Files open at once, each with a block: 16 MB, and far below what systems allow a process. */
const MOST_OPEN = 64;

/** Reads pieces of many files, each mostly forwards. */
export class BlockReader {
  private paths: readonly string[] = [];
  /** By number of the file, least recently used first. */
  private readonly opened = new Map<number, ForwardReader>();
  /** Descriptors of the first files, which stay open: another file may take such a name, or nobody have it any more. */
  private readonly kept = new Map<number, number>();

  /** Takes an open file over. */
  keep(file: number, number: number): void {
    const before = this.kept.get(number);
    if (before !== undefined) closeSync(before);
    if (before !== undefined || this.kept.size < MOST_OPEN) this.kept.set(number, file);
    else closeSync(file);
  }

  /** Where the files lie, by number. */
  name(paths: readonly string[]): void {
    this.paths = paths;
  }

  /** Copies `length` bytes of a file to `target` from `at` on. */
  copy(file: number, offset: number, length: number, target: Buffer, at: number): void {
    this.open(file).copy(offset, length, target, at);
  }

  /** The same as text. */
  text(file: number, offset: number, length: number): string {
    return this.open(file).text(offset, length);
  }

  close(): void {
    for (const [number, { file }] of this.opened) if (!this.kept.has(number)) closeSync(file);
    for (const file of this.kept.values()) closeSync(file);
    this.opened.clear();
    this.kept.clear();
  }

  private open(number: number): ForwardReader {
    const known = this.opened.get(number);
    if (known) {
      if (this.opened.size === MOST_OPEN) {
        this.opened.delete(number);
        this.opened.set(number, known);
      }
      return known;
    }
    const [oldest] = this.opened;
    let block: Buffer | undefined;
    if (oldest && this.opened.size >= MOST_OPEN) {
      if (!this.kept.has(oldest[0])) closeSync(oldest[1].file);
      this.opened.delete(oldest[0]);
      block = oldest[1].block;
    }
    const path = this.paths[number];
    const made = new ForwardReader(this.kept.get(number) ?? openAgain(path), path, block);
    this.opened.set(number, made);
    return made;
  }
}

function openAgain(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (e) {
    throw failed(`went away while it was read: ${(e as Error).message}`, path, 'try again');
  }
}
