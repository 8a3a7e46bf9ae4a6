/**
 * Image files to RGB, as Pillow's `Image.open(file).convert('RGB')` gives it: colour profiles are ignored, and
 * orientation tags but those of TIFF; alpha is dropped without blending, the first page or frame is taken. Where the
 * bytes differ from Pillow's (AVIF, 16-bit grey), the picture's notes say so.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Metadata } from 'sharp';
import { usage, type CrossflowError } from '../errors';
import type { Size } from '../spec';
import { fillAround, opaqueGif } from './gif';
import { type DecodedImage, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE, type RgbImage } from './image';
import { ycbcrTiff, ycbcrToRgb } from './tiff';

/** Bitmaps only: an SVG, which sharp would draw as well, is a program that may refer to other files. */
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif'];
const FORMATS_HINT = 'JPEG, PNG, WebP, GIF, TIFF and AVIF can be read';
const SAVE_AS_PNG = 'save it as PNG';

/** Native and slow to load, so only when a picture is read: much of core does without. */
const loadSharp = async () => (await import('sharp')).default;

/**
 * Reads an image file. Greyscale, palette and CMYK pictures become RGB; of 16 bits a channel the upper 8 are kept.
 * Throws `usage` naming the file when it is missing, unreadable, not an image, damaged or too large.
 */
export async function decodeImage(file: string): Promise<DecodedImage> {
  const source = readable(await readBytes(file), file);
  const head = await readHead(source.bytes, file);
  try {
    const image = await decode(source.bytes, head);
    source.finish?.(image);
    return { ...image, notes: notesOn(head) };
  } catch (e) {
    throw damaged(file, e);
  }
}

/** A file as libvips is to read it, and what is left to do with the pixels. */
interface Source {
  readonly bytes: Buffer;
  readonly finish?: (image: RgbImage) => void;
}

/** libvips knows formats that Pillow reads otherwise; they are told apart by their first bytes. */
function readable(bytes: Buffer, file: string): Source {
  const gif = opaqueGif(bytes);
  if (gif) return { bytes: gif.bytes, finish: (image) => fillAround(image, gif.frame) };
  const ycbcr = ycbcrTiff(bytes);
  if (ycbcr?.kind === 'raw') return { bytes: ycbcr.bytes, finish: ycbcrToRgb };
  if (ycbcr) throw usage('compressed YCbCr that is not subsampled cannot be used', file, SAVE_AS_PNG);
  return { bytes };
}

/**
 * A picture as decodeImage reads it, as a PNG without orientation or profile: whoever draws it shows what the model is
 * shown, whatever the file's format. Larger ones are scaled down to `longest` pixels along a side.
 */
export async function decodedPng(file: string, longest: number): Promise<Uint8Array> {
  const { data, width, height } = await decodeImage(file);
  const sharp = await loadSharp();
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  if (Math.max(width, height) > longest) picture.resize(longest, longest, { fit: 'inside' });
  // Written for one reader next door: quick counts more than small.
  return new Uint8Array(await picture.png({ compressionLevel: 1 }).toBuffer());
}

/** Width and height as decodeImage would give them, from the file's head. Refuses the same, but for damaged pixels. */
export async function readImageSize(file: string): Promise<Size> {
  const { width, height } = await readHead(readable(await readBytes(file), file).bytes, file);
  return { width, height };
}

/** Width and height are those of the picture as it is decoded. */
async function readHead(bytes: Buffer, file: string): Promise<Metadata> {
  const sharp = await loadSharp();
  let found: Metadata;
  try {
    found = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (e) {
    if (/bad labq/.test(String(e))) throw usage('Lab colours cannot be used', file, SAVE_AS_PNG);
    if (bytes.toString('latin1', 0, 2) === 'BM') throw usage('BMP images cannot be used', file, FORMATS_HINT);
    throw isSupportLack(e) ? usage('not an image file', file, FORMATS_HINT) : damaged(file, e);
  }
  const head = isTurned(found) ? { ...found, ...found.autoOrient } : found;
  const { width, height, format } = head;
  if (!FORMATS.includes(format)) throw usage(`${format} images cannot be used`, file, FORMATS_HINT);
  if (head.compression === 'hevc') throw usage('HEIC images cannot be used', file, FORMATS_HINT);
  if (!width || !height) throw usage('the image has no pixels', file);
  const size = `the image has ${width} x ${height} pixels`;
  if (width > MAX_IMAGE_SIDE || height > MAX_IMAGE_SIDE) {
    throw usage(`${size}, at most ${MAX_IMAGE_SIDE} along a side can be used`, file);
  }
  if (width * height > MAX_IMAGE_PIXELS) {
    throw usage(`${size}, at most ${MAX_IMAGE_PIXELS} in all can be used`, file);
  }
  return head;
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const info = await stat(file);
    // A pipe would wait for ever; a folder cannot be read.
    if (!info.isFile()) throw usage(info.isDirectory() ? 'a folder, not an image file' : 'not a regular file', file);
    if (info.size === 0) throw usage('the image file is empty', file);
    if (info.size > MAX_IMAGE_BYTES) throw usage(`the image file has ${info.size} bytes, too many`, file);
    // Read here, not by sharp: it would keep files open and cached after they changed.
    return await readFile(file);
  } catch (e) {
    switch ((e as NodeJS.ErrnoException).code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw usage('no such image file', file);
      case 'EACCES':
      case 'EPERM':
        throw usage('the image file may not be read', file, 'check its permissions');
      case undefined:
        throw e;
      default:
        throw usage(`the image file cannot be read: ${(e as Error).message}`, file);
    }
  }
}

/** Pillow turns TIFF files as their tag says, and no others. */
const isTurned = ({ format, orientation = 1 }: Metadata): boolean => format === 'tiff' && orientation > 1;

async function decode(bytes: Buffer, head: Metadata): Promise<RgbImage> {
  const sharp = await loadSharp();
  const cmyk = head.space === 'cmyk';
  const options = { failOn: 'error', ignoreIcc: true, limitInputPixels: MAX_IMAGE_PIXELS } as const;
  const image = sharp(bytes, options);
  if (isTurned(head)) image.autoOrient();
  if (cmyk) image.pipelineColourspace('cmyk').toColourspace('cmyk');
  else image.toColourspace('srgb').removeAlpha();
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (cmyk && channels === 4) return { width, height, data: cmykToRgb(pixels) };
  if (channels !== 3) throw new Error(`${channels} channels`);
  return { width, height, data: pixels };
}

/** Pillow's `cmyk2rgb`: no profile, each ink takes its share of what black leaves. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let p = 0, o = 0; p < cmyk.length; p += 4, o += 3) {
    const light = 255 - cmyk[p + 3];
    for (let channel = 0; channel < 3; channel++) {
      // MULDIV255: division by 255, rounded, in integers
      const product = cmyk[p + channel] * light + 128;
      rgb[o + channel] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}

const isSupportLack = (e: unknown): boolean => e instanceof Error && /unsupported image format/i.test(e.message);

function damaged(file: string, e: unknown): CrossflowError {
  // libvips repeats itself over several lines; the first says it.
  const [line = ''] = (e instanceof Error ? e.message : String(e)).split('\n');
  const reason = line.replace(/^Input buffer has corrupt header:? */, '');
  return usage('the image file is damaged or cut off' + (reason && `: ${reason}`), file);
}

/** One sentence each; none for nearly every picture. */
function notesOn({ format, space, hasAlpha, orientation, compression }: Metadata): string[] {
  const notes: string[] = [];
  if (format === 'heif' && compression === 'av1') {
    notes.push(
      'AVIF: colours differ a little from what Pillow reads, so results may too; save it as PNG for equal ones',
    );
  }
  if (space === 'grey16' && !hasAlpha) {
    notes.push('16-bit grey: the upper 8 bits are kept, where Pillow makes all above 255 white');
  }
  // Of TIFF alone Pillow applies it, and so does decodeImage.
  if (format !== 'tiff' && format !== 'heif' && orientation !== undefined && orientation > 1) {
    notes.push(
      `EXIF orientation ${orientation} is not applied, as in the published runs: viewers show the picture turned or mirrored, and boxes drawn there do not fit`,
    );
  }
  return notes;
}
