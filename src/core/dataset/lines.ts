import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/**
 * Checksummed JSON lines: `{"crc":"89abcdef",…}`, where crc is the CRC-32 of all bytes of the line from byte 17 on, the
 * line end left out. The fields stand at fixed places, so that a million lines are checked without parsing JSON.
 */
const PREFIX = '{"crc":"';
const BODY = PREFIX.length + 8 + 1;
const NEWLINE = 10;
/** A longer "line" is no journal. */
const LONGEST_LINE = 64 << 20;
const READ_BYTES = 1 << 20;

/** An object as a checksummed line with its line end. */
export function encodeLine(value: object): Buffer {
  const body = Buffer.from(`,${JSON.stringify(value).slice(1)}\n`);
  return Buffer.concat([Buffer.from(`${PREFIX}${checksum(body.subarray(0, -1))}"`), body]);
}

/** Whether a line, without its line end, is what encodeLine() made. Every byte of it counts. */
export const isIntact = (line: Buffer): boolean =>
  line.length > BODY && line.toString('latin1', 0, BODY) === `${PREFIX}${checksum(line.subarray(BODY))}"`;

/** Whether these bytes may be the beginning of a line that was not written to its end. */
export function isTornStart(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, PREFIX.length);
  return PREFIX.startsWith(start);
}

const checksum = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0');

export interface ScannedLine {
  /** First byte in the file. */
  readonly offset: number;
  /** Without the line end. Valid until the next line is asked for. */
  readonly bytes: Buffer;
  /** Whether a line end follows; only the last line may lack it. */
  readonly ended: boolean;
}

/** The lines of an open file, read in pieces. */
export function* scanLines(file: number): Generator<ScannedLine> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  const piece = Buffer.alloc(READ_BYTES);
  for (;;) {
    const read = readSync(file, piece, 0, piece.length, offset + rest.length);
    if (read === 0) break;
    rest = Buffer.concat([rest, piece.subarray(0, read)]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      yield { offset: offset + start, bytes: rest.subarray(start, end), ended: true };
      start = end + 1;
    }
    offset += start;
    rest = Buffer.from(rest.subarray(start));
    if (rest.length > LONGEST_LINE) break;
  }
  if (rest.length > 0) yield { offset, bytes: rest, ended: false };
}
