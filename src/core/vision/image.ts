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
