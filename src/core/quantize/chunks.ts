/** What an item becomes, piece by piece: no tensor is ever in memory as a whole. */
import { readExactly, toFloat32 } from '../checkpoint/read';
import { DTYPE_BYTES } from '../spec';
import { compensation } from './compensate';
import type { Item, QuantizeItem } from './outputs';
import { quantizeRows, type RoundingError } from './pack';

/** Numbers worked on at a time: 16 MB of f32. */
const CHUNK_NUMBERS = 4 * 1024 * 1024;

export interface Chunk {
  /** The next bytes for each room. */
  readonly parts: readonly Uint8Array[];
  /** Bytes of the source read so far. */
  readonly read: number;
  readonly error?: RoundingError;
}

export async function* copied({ source }: Item): AsyncGenerator<Chunk> {
  const size = CHUNK_NUMBERS * DTYPE_BYTES[source.dtype];
  for (let at = 0; at < source.length; at += size) {
    const bytes = new Uint8Array(Math.min(size, source.length - at));
    await readExactly(source.file, bytes, source.offset + at);
    yield { parts: [bytes], read: at + bytes.length };
  }
}

/** @param grams see compensate.ts */
export async function* rounded(item: QuantizeItem, grams: Float32Array | undefined): AsyncGenerator<Chunk> {
  const { source, format } = item;
  const [out, width] = source.shape;
  const calibration = grams && compensation(grams, width);
  const each = Math.max(1, Math.floor(CHUNK_NUMBERS / width));
  const rowBytes = width * DTYPE_BYTES[source.dtype];
  for (let row = 0; row < out; row += each) {
    const count = Math.min(each, out - row);
    const raw = new Uint8Array(count * rowBytes);
    await readExactly(source.file, raw, source.offset + row * rowBytes);
    const rows = new Float32Array(count * width);
    toFloat32(raw, source.dtype, rows);
    const { packed, error } = quantizeRows(rows, width, format, calibration);
    const scales = new Uint8Array(packed.scales.buffer);
    const parts = [packed.values, scales, ...(packed.zeroPoints ? [packed.zeroPoints] : [])];
    yield { parts, read: (row + count) * rowBytes, error };
  }
}
