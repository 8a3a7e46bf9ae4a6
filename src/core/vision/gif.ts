/**
 * What Pillow sees in a GIF and libvips hides: the palette's colour under transparency, and what lies around a first
 * frame that does not fill the picture. Only the blocks before the first frame's pixels are read here
 * (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).
 */
import type { RgbImage } from './image';

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Of all that the frame leaves open. */
  readonly around: readonly [red: number, green: number, blue: number];
}

/** A GIF as libvips is to read it. */
export interface OpaqueGif {
  readonly bytes: Buffer;
  readonly frame: Frame;
}

const [EXTENSION, IMAGE] = [0x21, 0x2c];
const GRAPHIC_CONTROL = 0xf9;
/** Bits of a packed byte. */
const [HAS_PALETTE, TRANSPARENT] = [0x80, 0x01];
const [HEADER, SCREEN, DESCRIPTOR] = [6, 7, 10];

/**
 * A copy in which nothing of the first frame is transparent and the picture is large enough for it, as Pillow makes it.
 * Undefined: not a GIF, or damaged before its first frame.
 */
export function opaqueGif(original: Buffer): OpaqueGif | undefined {
  if (!/^GIF8[79]a$/.test(original.toString('latin1', 0, HEADER)) || original.length < HEADER + SCREEN)
    return undefined;
  const bytes = Buffer.from(original);
  const packed = bytes[HEADER + 4];
  const all = packed & HAS_PALETTE ? { at: HEADER + SCREEN, length: paletteLength(packed) } : undefined;
  let at = HEADER + SCREEN + (all?.length ?? 0);
  let transparent: number | undefined;
  while (bytes[at] === EXTENSION) {
    // Label, then blocks of a length and so many bytes, up to one of length 0.
    let block = at + 2;
    if (bytes[at + 1] === GRAPHIC_CONTROL && bytes[block] >= 4) {
      transparent = bytes[block + 1] & TRANSPARENT ? bytes[block + 4] : undefined;
      bytes[block + 1] &= ~TRANSPARENT;
    }
    while (bytes[block] > 0) block += bytes[block] + 1;
    at = block + 1;
  }
  if (bytes[at] !== IMAGE || at + DESCRIPTOR > bytes.length) return undefined;
  const [x, y, width, height] = [1, 3, 5, 7].map((offset) => bytes.readUInt16LE(at + offset));
  const own = bytes[at + 9] & HAS_PALETTE ? { at: at + DESCRIPTOR, length: paletteLength(bytes[at + 9]) } : undefined;
  const palette = own ?? all;
  const entry = 3 * (transparent ?? 0);
  const colour = (channel: number): number =>
    palette && entry < palette.length ? (bytes[palette.at + entry + channel] ?? 0) : 0;
  bytes.writeUInt16LE(Math.max(x + width, bytes.readUInt16LE(HEADER)) & 0xffff, HEADER);
  bytes.writeUInt16LE(Math.max(y + height, bytes.readUInt16LE(HEADER + 2)) & 0xffff, HEADER + 2);
  return { bytes, frame: { x, y, width, height, around: [colour(0), colour(1), colour(2)] } };
}

/** Bytes of a palette, by its packed byte. */
const paletteLength = (packed: number): number => 3 * 2 ** ((packed & 7) + 1);

/** Gives what lies around the first frame its colour; the picture is changed in place. */
export function fillAround({ data, width, height }: RgbImage, frame: Frame): void {
  for (let row = 0; row < height; row++) {
    const inside = row >= frame.y && row < frame.y + frame.height;
    for (let column = 0; column < width; column++) {
      if (inside && column === frame.x) column += frame.width;
      if (column < width) data.set(frame.around, (row * width + column) * 3);
    }
  }
}
