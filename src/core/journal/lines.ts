import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/**
 * Checksummed JSON lines: `{"crc":"89abcdef",…}`, where crc is the CRC-32 of all bytes of the line from byte 17 on, the
 * line end left out. The fields stand at fixed places, so that a million lines are checked without parsing JSON.
 */
const PREFIX = '{"crc":"';
const PREFIX_BYTES = Buffer.from(PREFIX);
const DIGITS = 8;
/** Where the checksum's quote has ended: first byte that counts. */
export const BODY = PREFIX.length + DIGITS + 1;
const NEWLINE = 10;
const QUOTE = 34;
/** A longer "line" is no journal. */
const LONGEST_LINE = 64 << 20;
/** Large enough that reading costs nothing beside the checksum, small enough to stay in the processor's cache. */
const READ_BYTES = 1 << 20;

/** An object as a checksummed line with its line end. */
export const encodeLine = (value: object): Buffer => encodeJson(JSON.stringify(value));

/** The same of an object's JSON. */
export function encodeJson(json: string): Buffer {
  const body = Buffer.from(`,${json.slice(1)}\n`);
  const crc = crc32(body.subarray(0, -1)).toString(16).padStart(DIGITS, '0');
  return Buffer.concat([Buffer.from(`${PREFIX}${crc}"`), body]);
}

/** Whether a line, without its line end, is what encodeLine() made. Every byte of it counts. */
export function isIntact(line: Buffer): boolean {
  if (line.length <= BODY || line[BODY - 1] !== QUOTE) return false;
  for (let i = 0; i < PREFIX_BYTES.length; i++) if (line[i] !== PREFIX_BYTES[i]) return false;
  let written = 0;
  for (let i = PREFIX_BYTES.length; i < BODY - 1; i++) {
    const digit = hexDigit(line[i]);
    if (digit < 0) return false;
    written = written * 16 + digit;
  }
  return written === crc32(line.subarray(BODY));
}

/** Lower case only: a line has one way to be written. */
const hexDigit = (byte: number): number =>
  byte >= 48 && byte <= 57 ? byte - 48 : byte >= 97 && byte <= 102 ? byte - 87 : -1;

/**
 * Whether these bytes may be the beginning of a line that was not written to its end. Zeros: after a power loss a file may
 * have its size and not its data.
 */
export function isTornStart(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, PREFIX.length);
  return PREFIX.startsWith(start) || bytes.every((byte) => byte === 0);
}

/**
 * Called for each line: its bytes without the line end (valid until it returns), its first byte in the file, and whether
 * a line end follows, which only the last line may lack. `false` ends the scan.
 */
export type LineVisitor = (bytes: Buffer, offset: number, ended: boolean) => unknown;

/** Visits the lines of an open file, read in blocks. */
export function scanLines(file: number, visit: LineVisitor): void {
  let block = Buffer.allocUnsafe(READ_BYTES);
  // block[0, filled) are the file's bytes from `offset` on: the beginning of a line that is not whole yet.
  let [filled, offset] = [0, 0];
  for (;;) {
    if (filled === block.length) {
      if (filled > LONGEST_LINE) break;
      block = Buffer.concat([block], 2 * block.length);
    }
    const read = readSync(file, block, filled, block.length - filled, offset + filled);
    if (read === 0) break;
    const known = filled;
    filled += read;
    const bytes = block.subarray(0, filled);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE, known); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      if (visit(bytes.subarray(start, end), offset + start, true) === false) return;
      start = end + 1;
    }
    block.copyWithin(0, start, filled);
    filled -= start;
    offset += start;
  }
  if (filled > 0) visit(block.subarray(0, filled), offset, false);
}
