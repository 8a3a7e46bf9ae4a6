/**
 * Image files to RGB, as Pillow's `Image.open(file).convert('RGB')` gives it: orientation tags and colour profiles are
 * ignored, alpha is dropped without blending, the first page or frame is taken.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Metadata } from 'sharp';
import { usage, type CrossflowError } from '../errors';
import type { Size } from '../spec';
import type { RgbImage } from './image';

import { MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE } from './limits';

/** Bitmaps only: an SVG, which sharp would draw as well, is a program that may refer to other files. */
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif'];
const FORMATS_HINT = 'JPEG, PNG, WebP, GIF, TIFF and AVIF can be read';

/** Native and slow to load, so only when a picture is read: much of core does without. */
const loadSharp = async () => (await import('sharp')).default;

/**
 * Reads an image file. Greyscale, palette and CMYK pictures become RGB; of 16 bits a channel the upper 8 are kept.
 * Throws `usage` naming the file when it is missing, unreadable, not an image, damaged or too large.
 */
export async function decodeImage(file: string): Promise<RgbImage> {
  const bytes = await readBytes(file);
  const head = await readHead(bytes, file);
  try {
    return await decode(bytes, head.space === 'cmyk');
  } catch (e) {
    throw damaged(file, e);
  }
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
  const { width, height } = await readHead(await readBytes(file), file);
  return { width, height };
}

async function readHead(bytes: Buffer, file: string): Promise<Metadata> {
  const sharp = await loadSharp();
  let head: Metadata;
  try {
    head = await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (e) {
    throw isSupportLack(e) ? usage('not an image file', file, FORMATS_HINT) : damaged(file, e);
  }
  const { width, height, format } = head;
  if (!FORMATS.includes(format)) throw usage(`${format} images cannot be used`, file, FORMATS_HINT);
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

async function decode(bytes: Buffer, cmyk: boolean): Promise<RgbImage> {
  const sharp = await loadSharp();
  const options = { failOn: 'error', ignoreIcc: true, limitInputPixels: MAX_IMAGE_PIXELS } as const;
  const image = sharp(bytes, options);
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
