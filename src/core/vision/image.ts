/** Pixels and boxes; where tokens lie in a picture is in spec.ts. */

/** Decoded RGB image, 8 bits a channel, row-major, no alpha. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]` */
  readonly data: Uint8Array;
}

/** x, y, width, height in pixels of the image file. */
export type Box = readonly [x: number, y: number, width: number, height: number];
