/** Pixels and boxes; where tokens lie in a picture is in spec.ts. */

/** Decoded RGB image, 8 bits a channel, row-major, no alpha. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]` */
  readonly data: Uint8Array;
}

/** A picture out of a file. */
export interface DecodedImage extends RgbImage {
  /** What a reader should know of it, a sentence each: read otherwise than Pillow reads it, or than viewers show it. */
  readonly notes: readonly string[];
}

/** x, y, width, height in pixels of the image file. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/**
 * Most pixels of a picture, in a file or padded to a square: Pillow refuses more as a decompression bomb
 * (twice its MAX_IMAGE_PIXELS). As RGB this is half a gigabyte.
 */
export const MAX_IMAGE_PIXELS = 178_956_970;

/** Most pixels along one side: what JPEG can say. Keeps the weights of one resize below a megabyte or so. */
export const MAX_IMAGE_SIDE = 65_535;

/** Most bytes of an image file; enough for MAX_IMAGE_PIXELS without compression at 16 bits a channel. */
export const MAX_IMAGE_BYTES = 1_200_000_000;
