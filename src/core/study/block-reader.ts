import { closeSync, openSync } from 'node:fs';
import { ForwardReader } from '../journal/forward-reader';

/** Files open at once, each with a block: 16 MB, and far below what systems allow a process. */
const MOST_OPEN = 64;

/** Reads pieces of many files, each mostly forwards. */
export class BlockReader {
  /** By number of the file, least recently used first. */
  private readonly opened = new Map<number, ForwardReader>();

  constructor(private readonly paths: readonly string[]) {}

  /** Copies `length` bytes of a file to `target` from `at` on. */
  copy(file: number, offset: number, length: number, target: Buffer, at: number): void {
    this.open(file).copy(offset, length, target, at);
  }

  close(): void {
    for (const { file } of this.opened.values()) closeSync(file);
    this.opened.clear();
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
      closeSync(oldest[1].file);
      this.opened.delete(oldest[0]);
      block = oldest[1].block;
    }
    const path = this.paths[number];
    const made = new ForwardReader(openSync(path, 'r'), path, block);
    this.opened.set(number, made);
    return made;
  }
}
