/**
 * TIFF files whose pixels are luminance and colour differences and not compressed. libtiff takes them for subsampled by
 * default and converts with the file's coefficients; Pillow takes three bytes a pixel and converts as for JPEG.
 * Only the first directory is read here (TIFF 6.0, and BigTIFF).
 */
import type { RgbImage } from './image';

const PHOTOMETRIC = 262;
const COMPRESSION = 259;
const SUBSAMPLING = 530;
const [RGB, YCBCR] = [2, 6];
const [NONE, JPEG_OLD, JPEG] = [1, 6, 7];

/**
 * `raw`: to be read as RGB (`bytes` say so) and converted by ycbcrToRgb. `whole`: compressed, other than by JPEG, and
 * not subsampled, which libvips cannot read.
 */
export type YcbcrTiff = { readonly kind: 'raw'; readonly bytes: Buffer } | { readonly kind: 'whole' };

/** Undefined: another TIFF, or none. */
export function ycbcrTiff(original: Buffer): YcbcrTiff | undefined {
  const order = original.toString('latin1', 0, 2);
  if ((order !== 'II' && order !== 'MM') || original.length < 16) return undefined;
  const little = order === 'II';
  const u16 = (at: number): number => (little ? original.readUInt16LE(at) : original.readUInt16BE(at));
  const u32 = (at: number): number => (little ? original.readUInt32LE(at) : original.readUInt32BE(at));
  const u64 = (at: number): number => Number(little ? original.readBigUInt64LE(at) : original.readBigUInt64BE(at));
  try {
    const big = u16(2) === 43;
    const directory = big ? u64(8) : u32(4);
    const [count, first, length] = big ? [u64(directory), directory + 8, 20] : [u16(directory), directory + 2, 12];
    const values = new Map<number, number>();
    // A short value stands in the entry itself, at its beginning.
    for (let i = 0; i < count; i++) values.set(u16(first + i * length), first + i * length + (big ? 12 : 8));
    const valueOf = (tag: number): number | undefined => (values.has(tag) ? u16(values.get(tag)!) : undefined);
    if (valueOf(PHOTOMETRIC) !== YCBCR) return undefined;
    const compression = valueOf(COMPRESSION) ?? NONE;
    if (compression === JPEG || compression === JPEG_OLD) return undefined;
    if (compression !== NONE) {
      // Subsampled ones go through libtiff's own conversion, in Pillow as well; whole ones do not in libvips.
      const place = values.get(SUBSAMPLING);
      const whole = place !== undefined && u16(place) === 1 && u16(place + 2) === 1;
      return whole ? { kind: 'whole' } : undefined;
    }
    const bytes = Buffer.from(original);
    const place = values.get(PHOTOMETRIC)!;
    if (little) bytes.writeUInt16LE(RGB, place);
    else bytes.writeUInt16BE(RGB, place);
    return { kind: 'raw', bytes };
  } catch (e) {
    // Cut off inside its directory: libtiff says so.
    if (e instanceof RangeError) return undefined;
    throw e;
  }
}

/** Pillow's fixed-point tables (ConvertYCbCr.c): 6 bits behind the point, rounded towards zero after adding a half. */
const SCALE = 64;
const table = (factor: number): Int32Array =>
  Int32Array.from({ length: 256 }, (_, i) => Math.trunc(factor * (i - 128) * SCALE + 0.5));
const [RED_OF_CR, GREEN_OF_CB, GREEN_OF_CR, BLUE_OF_CB] = [1.402, -0.34414, -0.71414, 1.772].map(table);

/** Changes the picture in place. */
export function ycbcrToRgb({ data }: RgbImage): void {
  const clamp = (value: number): number => Math.min(255, Math.max(0, value));
  for (let p = 0; p < data.length; p += 3) {
    const [y, cb, cr] = [data[p], data[p + 1], data[p + 2]];
    data[p] = clamp(y + (RED_OF_CR[cr] >> 6));
    data[p + 1] = clamp(y + ((GREEN_OF_CB[cb] + GREEN_OF_CR[cr]) >> 6));
    data[p + 2] = clamp(y + (BLUE_OF_CB[cb] >> 6));
  }
}
