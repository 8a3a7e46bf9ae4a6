/** Pixels and where each image token lies; the types that vision/ gives to the rest. */

/** Decoded RGB image, 8 bits a channel, row-major, no alpha. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** `[height, width, 3]` */
  readonly data: Uint8Array;
}

export type Aspect = 'processor' | 'pad' | 'anyres';

/** x, y, width, height in pixels of the image file. */
export type Box = readonly [x: number, y: number, width: number, height: number];

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * One image token. `base` patches show the whole (resized or padded) image, `tile` patches the anyres tiles after
 * unpadding, `newline` tokens end a row of tile patches, `class` is the class token kept by select strategy "full".
 */
export interface PatchPlace {
  readonly kind: 'base' | 'tile' | 'newline' | 'class';
  /** Row and column in its own grid. */
  readonly row: number;
  readonly column: number;
  /**
   * What the patch covers, in (fractional) pixels of the image file; may reach past the border where the image was
   * padded, and is cut there by whoever draws it. Undefined for newline and class tokens.
   */
  readonly rect?: Rect;
}

/** A grid of patches as drawn on the picture: token `first + row * stride + column`. */
export interface PatchGrid {
  readonly kind: 'base' | 'tile';
  readonly rows: number;
  readonly columns: number;
  /** Number of the grid's first patch among the image tokens. */
  readonly first: number;
  /** Distance between rows in image tokens: `columns`, or `columns + 1` with newline tokens. */
  readonly stride: number;
  /** The grid's outline in pixels of the image file (may reach past the image). */
  readonly rect: Rect;
}

/** Where every image token lies in the picture, and back. Patch numbers count image tokens from 0. */
export interface ImageGeometry {
  readonly aspect: Aspect;
  readonly width: number;
  readonly height: number;
  readonly patches: readonly PatchPlace[];
  readonly grids: readonly PatchGrid[];
}

/** What the vision tower gets, and how its output becomes image tokens. */
export interface PreparedImage {
  readonly geometry: ImageGeometry;
  /** `[tiles, 3, size, size]`, normalised. */
  readonly pixels: Float32Array;
  readonly tiles: number;
  readonly size: number;
  /**
   * For each image token the row of the tower's output `[tiles * patchesPerTile, hidden]` it takes, or -1 for the
   * learned newline.
   */
  readonly sources: Int32Array;
}
