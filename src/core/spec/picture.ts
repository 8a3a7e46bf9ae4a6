/** From a picture's size to the tower's views and the tokens of the prompt. */
import type { TensorRef } from './tensors';
import type { TowerSpec } from './tower';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** In pixels of the image file, or of what is said. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Resample = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';

/** What happens to pixels beside where they go (layOut). */
export interface PixelSpec {
  readonly resample: Resample;
  /** 1/255 or so; undefined when not rescaled. */
  readonly rescale?: number;
  readonly normalize: boolean;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** How a picture is shown to the tower; the first is the checkpoint's own. */
export type Aspect = string;

/** How many pixels the tower sees of a picture: the fewest and the most; between them a picture keeps its size. */
export type PixelRange = readonly [fewest: number, most: number];

/**
 * One input of the tower: the layout's frame is resized to each of `resize` in turn (each rounded to bytes, as Pillow
 * does), then `viewSize` pixels are taken from `left`, `top` on. What lies outside is black.
 */
export interface View {
  readonly resize: readonly Size[];
  readonly left: number;
  readonly top: number;
}

/** Where a row of the picture comes from. */
export type TokenSource =
  /** Rows of the tower's output `[views * rows per view]`; several: a blend by `weights`. */
  | { readonly rows: readonly number[]; readonly weights?: readonly number[] }
  /** LLaVA-NeXT's learned row end, `[hidden]`. */
  | { readonly vector: TensorRef }
  /** A token of the vocabulary (marks): embedded as text. */
  | { readonly text: string };

/**
 * One token of the image run. `base` patches show the whole picture, `tile` patches a part of it in detail; `newline`
 * (a learned vector), `class` and `mark` (text between tiles, around the picture) lie nowhere in it.
 */
export interface PatchPlace {
  readonly kind: 'base' | 'tile' | 'newline' | 'class' | 'mark';
  /** Row and column in its own grid. */
  readonly row: number;
  readonly column: number;
  /** What it covers, in (fractional) pixels of the image file; may reach past the border where the image was padded. */
  readonly rect?: Rect;
}

/** A grid of patches as drawn on the picture: `cells[row * columns + column]` is the token, counted in the run. */
export interface PatchGrid {
  readonly kind: 'base' | 'tile';
  readonly rows: number;
  readonly columns: number;
  readonly cells: readonly number[];
  /** The grid's outline in pixels of the image file (may reach past the image). */
  readonly rect: Rect;
}

/** Where every token of the image run lies in the picture, and back: data that crosses processes. */
export interface ImageGeometry extends Size {
  readonly aspect: Aspect;
  /** Where they are not the checkpoint's own. */
  readonly pixels?: PixelRange;
  readonly patches: readonly PatchPlace[];
  readonly grids: readonly PatchGrid[];
}

/** Everything that follows from a picture's size: what the tower sees, and the tokens in the order of the prompt. */
export interface ImageLayout {
  readonly geometry: ImageGeometry;
  /** What is resized, in pixels of the image: the image, or the square it stands in (filled with `fill`). */
  readonly frame: Rect;
  /** Colour of the frame outside the image; the mean colour where undefined. */
  readonly fill?: readonly [number, number, number];
  /** Of each view, in pixels. */
  readonly viewSize: Size;
  readonly views: readonly View[];
  /** One for each of `geometry.patches`. */
  readonly sources: readonly TokenSource[];
  /** Three axes for each token relative to the run's start, and how far the run moves the text behind it (M-RoPE). */
  readonly positions?: {
    readonly axes: readonly (readonly [t: number, h: number, w: number])[];
    readonly advance: number;
  };
}

export interface Eye {
  /** First is the checkpoint's own. An experiment's "aspect" is checked against these. */
  readonly aspects: readonly Aspect[];
  readonly tower: TowerSpec;
  /** Learned vectors that layouts put between patches; each `[hidden]` of the decoder. */
  readonly vectors: readonly TensorRef[];
  readonly pixels: PixelSpec;
  /** Where pictures keep their size within limits: the checkpoint's own, and the same eye under others. */
  readonly limits?: {
    readonly pixels: PixelRange;
    /** @throws CrossflowError `usage` when there is no size between them */
    within(pixels: PixelRange): Eye;
  };
  /** The only place that knows how many tokens a picture has and where they lie. Throws `usage` when it cannot be. */
  layOut(size: Size, aspect: Aspect): ImageLayout;
  /** The usual picture first, then those with the fewest and the most tokens: what plans ask for. */
  readonly samples: readonly Size[];
}

/** A picture made ready for the tower. */
export interface PreparedImage {
  readonly layout: ImageLayout;
  /** `[views, 3, height, width]`, normalised. */
  readonly pixels: Float32Array;
}
