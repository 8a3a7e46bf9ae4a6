import { closeSync, openSync, readSync } from 'node:fs';
import { failed } from '../errors';

/** Lines of a shard stand nearly in the order in which they are asked for, so a block serves many. */
const BLOCK_BYTES = 256 << 10;
/** Files open at once, each with a block: 16 MB, and far below what systems allow a process. */
const MOST_OPEN = 64;

interface Open {
  readonly file: number;
  readonly block: Buffer;
  /** block[0, filled) are the file's bytes from `offset` on. */
  offset: number;
  filled: number;
}

/** Reads pieces of many files, each mostly forwards. */
export class BlockReader {
  /** By number of the file, least recently used first. */
  private readonly opened = new Map<number, Open>();

  constructor(private readonly paths: readonly string[]) {}

  /** Copies `length` bytes of a file to `target` from `at` on. */
  copy(file: number, offset: number, length: number, target: Buffer, at: number): void {
    const open = this.open(file);
    for (let done = 0; done < length;) {
      let from = offset + done - open.offset;
      if (from < 0 || from >= open.filled) {
        open.offset = offset + done;
        open.filled = readSync(open.file, open.block, 0, open.block.length, open.offset);
        if (open.filled === 0) throw failed('became shorter while it was read', this.paths[file]);
        from = 0;
      }
      done += open.block.copy(target, at + done, from, Math.min(open.filled, from + length - done));
    }
  }

  close(): void {
    for (const { file } of this.opened.values()) closeSync(file);
    this.opened.clear();
  }

  private open(number: number): Open {
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
    const made = { file: openSync(path, 'r'), block: block ?? Buffer.allocUnsafe(BLOCK_BYTES), offset: 0, filled: 0 };
    this.opened.set(number, made);
    return made;
  }
}
