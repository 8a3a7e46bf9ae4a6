import { readSync } from 'node:fs';
import { failed } from '../errors';

/** Records stand nearly in the order in which they are asked for, so a block serves many. */
const BLOCK_BYTES = 256 << 10;
/** What is read at least: who jumps about needs little more than the piece. */
const LEAST_BYTES = 8 << 10;

/** Reads pieces of an open file, mostly forwards: the longer it goes so, the more is read at once. */
export class ForwardReader {
  /** block[0, filled) are the file's bytes from `offset` on. */
  private offset = 0;
  private filled = 0;
  private ahead = LEAST_BYTES;

  /** @param block of another reader that is no longer used */
  constructor(
    readonly file: number,
    private readonly path: string,
    readonly block: Buffer = Buffer.allocUnsafe(BLOCK_BYTES),
  ) {}

  /** Copies `length` bytes to `target` from `at` on. Throws CrossflowError `failed` when the file is too short. */
  copy(offset: number, length: number, target: Buffer, at: number): void {
    for (let done = 0; done < length;) {
      let from = offset + done - this.offset;
      if (from < 0 || from >= this.filled) {
        this.fill(offset + done, length - done);
        from = 0;
      }
      done += this.block.copy(target, at + done, from, Math.min(this.filled, from + length - done));
    }
  }

  /** The same as text. */
  text(offset: number, length: number): string {
    const from = offset - this.offset;
    if (from >= 0 && from + length <= this.filled) return this.block.toString('utf8', from, from + length);
    const bytes = Buffer.allocUnsafe(length);
    this.copy(offset, length, bytes, 0);
    return bytes.toString();
  }

  private fill(offset: number, wanted: number): void {
    const gap = offset - this.offset - this.filled;
    this.ahead = gap >= 0 && gap <= this.ahead ? Math.min(2 * this.ahead, this.block.length) : LEAST_BYTES;
    this.offset = offset;
    this.filled = readSync(this.file, this.block, 0, Math.min(Math.max(wanted, this.ahead), this.block.length), offset);
    if (this.filled === 0) throw failed('became shorter while it was read', this.path);
  }
}
