import { crc32 } from 'node:zlib';

/** Signature (8 bytes) and IHDR chunk (4 length, 4 name, 13 data, 4 checksum), always first. */
const AFTER_HEADER = 8 + 25;
const INCH_IN_METRES = 0.0254;

/** Says in a PNG how large it is on paper: a pHYs chunk after the header (PNG specification, 11.3.4.3). */
export function withResolution(png: Uint8Array, dpi: number): Uint8Array {
  const perMetre = Math.round(dpi / INCH_IN_METRES);
  const chunk = Buffer.alloc(4 + 4 + 9 + 4);
  chunk.writeUInt32BE(9, 0);
  chunk.write('pHYs', 4, 'latin1');
  chunk.writeUInt32BE(perMetre, 8);
  chunk.writeUInt32BE(perMetre, 12);
  // Unit: metre.
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, AFTER_HEADER), chunk, png.subarray(AFTER_HEADER)]);
}
