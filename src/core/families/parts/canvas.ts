/**
 * How LLaVA sees: one square view of the picture, resized, cropped or padded, and for LLaVA-NeXT tiles of a canvas
 * beside it, put together, unpadded, with a learned vector after each row.
 *
 * The numbers are those of transformers' Pillow-based CLIPImageProcessor and LlavaNextImageProcessor, with their
 * integer and float arithmetic, and of LLaVA's `expand2square`.
 */
import { z } from 'zod';
import { usage } from '../../errors';
import type { Eye, ImageLayout, PixelSpec, Rect, Size, TensorRef, TowerSpec, View } from '../../spec';
import { ASPECT_NAMES } from '../choices';
import { count } from './config';
import { checkAspect, inImage, TokenRun } from './grids';

/** Candidate canvases, as [height, width]. */
export type Pinpoints = readonly (readonly [height: number, width: number])[];
export const pinpointsSchema = z.array(z.tuple([count, count])).min(1);

/** What preprocessor_config.json says, with the Python class's defaults filled in. */
export interface CanvasProcessor {
  readonly pixels: PixelSpec;
  /** Resize so that the shortest edge has this many pixels; or to an exact size. */
  readonly resize?: { readonly shortestEdge: number } | Size;
  readonly crop?: Size;
  readonly gridPinpoints?: Pinpoints;
}

/**
 * The side that is kept is a whole number of patches. transformers' `unpad_image` rounds to 7 decimals before it drops
 * the fraction, `int(round(x, 7))`; the original LLaVA code drops it at once, `int(x)`. Where x is a whole number but
 * for a rounding error, the two differ by a patch on each side.
 */
export type Unpadding = 'transformers' | 'original';

export type CanvasAspect = (typeof ASPECT_NAMES)[number];

export interface Canvas {
  readonly tower: TowerSpec;
  readonly processor: CanvasProcessor;
  /** Side of the square views in pixels. */
  readonly imageSize: number;
  /** `full` keeps the class row as the first image token. */
  readonly select: 'default' | 'full';
  /** The checkpoint's own. */
  readonly aspect: CanvasAspect;
  /** The learned row end, `[hidden]`. */
  readonly newline?: TensorRef;
  /** Whose arithmetic takes the padding off the tile patches; transformers' when left out. */
  readonly unpadding?: Unpadding;
}

/** The anyres tiles as one mosaic, and the part of its patches that is kept after unpadding. */
interface Mosaic {
  /** Tiles beside each other. */
  readonly columns: number;
  /** In patches of the mosaic. */
  readonly kept: { readonly row: number; readonly column: number; readonly rows: number; readonly columns: number };
}

const WHERE = 'preprocessor_config.json';
/** Pictures of GQA have about this size. */
const USUAL: Size = { width: 640, height: 480 };
/** Beyond any real picture: the fewest tokens that unpadding leaves. */
const THIN = 50;

export function canvasEye(canvas: Canvas): Eye {
  const { tower, processor, imageSize: side, aspect } = canvas;
  const pinpoints = processor.gridPinpoints ?? [];
  const known: readonly CanvasAspect[] = ['processor', 'pad', ...(pinpoints.length > 0 ? (['anyres'] as const) : [])];
  return {
    aspects: [aspect, ...known.filter((name) => name !== aspect)],
    tower,
    vectors: canvas.newline ? [canvas.newline] : [],
    pixels: processor.pixels,
    layOut: (size, asked) => layOut(size, canvas, asked),
    samples:
      aspect === 'anyres'
        ? [
            USUAL,
            { width: side * THIN, height: side },
            { width: side, height: side * THIN },
            ...pinpoints.map(([height, width]) => ({ width, height })),
          ]
        : [USUAL],
  };
}

/**
 * - `processor`: resize and centre crop, one view
 * - `pad`: padded to a square with the mean colour first (LLaVA-1.5's `pad`, `noHD_noPad` on LLaVA-NeXT)
 * - `anyres`: base view and tiles, with newline tokens
 *
 * @throws CrossflowError `usage` when processor and tower don't fit together or the aspect is not possible
 */
function layOut(image: Size, canvas: Canvas, aspect: string): ImageLayout {
  const { processor, imageSize: size, tower, select } = canvas;
  const { crop } = processor;
  checkAspect(aspect, ASPECT_NAMES);
  if (size % tower.patchSize !== 0) {
    throw usage(`image_size ${size} is not a multiple of patch_size ${tower.patchSize}`, 'config.json');
  }
  if (crop && (crop.height !== size || crop.width !== size)) {
    const is = `${crop.height} x ${crop.width}`;
    throw usage(`crop_size is ${is}, but the vision tower takes ${size} x ${size} pixels`, WHERE);
  }
  const whole = { x: 0, y: 0, width: image.width, height: image.height };
  const frame = aspect === 'pad' ? square(image) : whole;
  const { views, mosaic } =
    aspect === 'anyres' ? tiles(image, canvas) : { views: [plain(frame, processor, size)], mosaic: undefined };
  const run = new TokenRun();
  const side = size / tower.patchSize;
  const classRows = select === 'full' ? 1 : 0;
  if (classRows) run.other('class', 0, 0, { rows: [0] });
  const base = run.grid('base', side, side, inImage(frame, views[0], { x: 0, y: 0, width: size, height: size }));
  for (let i = 0; i < side * side; i++) run.cell(base, Math.floor(i / side), i % side, classRows + i);
  if (mosaic) addMosaic(run, frame, views[1], mosaic, canvas);
  const { width, height } = image;
  return {
    geometry: run.geometry({ width, height }, aspect),
    frame,
    viewSize: { width: size, height: size },
    views,
    sources: run.sources,
  };
}

/** Tile patches row by row over all tiles, each row ended by a newline. */
function addMosaic(
  run: TokenRun,
  frame: Rect,
  first: View,
  mosaic: Mosaic,
  { tower, imageSize, newline }: Canvas,
): void {
  if (!newline) throw usage('the picture would have newline tokens, but the checkpoint has no image_newline');
  const { patchSize } = tower;
  const side = imageSize / patchSize;
  const { row: firstRow, column: firstColumn, rows, columns } = mosaic.kept;
  // The first tile's view is the mosaic's corner, so the mosaic's pixels count from there.
  const outline = {
    x: firstColumn * patchSize,
    y: firstRow * patchSize,
    width: columns * patchSize,
    height: rows * patchSize,
  };
  const grid = run.grid('tile', rows, columns, inImage(frame, first, outline));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const y = firstRow + row;
      const x = firstColumn + column;
      const tile = Math.floor(y / side) * mosaic.columns + Math.floor(x / side);
      run.cell(grid, row, column, (1 + tile) * side * side + (y % side) * side + (x % side));
    }
    // A very thin image may keep no patch of a row; its newline stays.
    run.other('newline', row, columns, { vector: newline });
  }
}

/** The square that `expand2square` pads to; the odd pixel goes to the right or bottom. */
function square({ width, height }: Size): Rect {
  const side = Math.max(width, height);
  return { x: -Math.floor((side - width) / 2), y: -Math.floor((side - height) / 2), width: side, height: side };
}

/** Resize and centre crop of the CLIP processor. */
function plain(frame: Size, spec: CanvasProcessor, size: number): View {
  const { width, height } = resized(frame, spec.resize);
  const resize = [{ width, height }];
  if (spec.crop) {
    return { resize, left: Math.floor((width - size) / 2), top: Math.floor((height - size) / 2) };
  }
  if (width !== size || height !== size) {
    const hint = 'size must name both sides, or do_center_crop be on';
    throw usage(`images come out as ${height} x ${width}, but the vision tower takes ${size} x ${size}`, WHERE, hint);
  }
  return { resize, left: 0, top: 0 };
}

/** `get_resize_output_image_size`: the long side is cut, not rounded. */
function resized({ width, height }: Size, to: CanvasProcessor['resize']): Size {
  if (!to) return { width, height };
  if (!('shortestEdge' in to)) return to;
  const edge = to.shortestEdge;
  return width <= height
    ? { width: edge, height: Math.trunc((edge * height) / width) }
    : { width: Math.trunc((edge * width) / height), height: edge };
}

/** `LlavaNextImageProcessor.get_image_patches` and the unpadding of `pack_image_features`. */
function tiles(
  image: Size,
  { processor: spec, imageSize: size, tower, select, unpadding }: Canvas,
): { views: View[]; mosaic: Mosaic } {
  const { patchSize } = tower;
  if (!spec.gridPinpoints?.length) {
    throw usage('aspect anyres needs image_grid_pinpoints, which this model does not have', WHERE, 'processor or pad');
  }
  if (select === 'full') {
    throw usage('vision_feature_select_strategy full cannot be tiled', 'config.json', 'aspect processor or pad');
  }
  const { resize } = spec;
  const sides = !resize ? [] : 'shortestEdge' in resize ? [resize.shortestEdge] : [resize.height, resize.width];
  if (sides.some((side) => side !== size)) {
    throw usage(`size is ${sides.join(' x ')}, but tiles are ${size} x ${size} pixels`, WHERE);
  }
  const [canvasHeight, canvasWidth] = bestResolution(image, spec.gridPinpoints);
  if (canvasHeight % size !== 0 || canvasWidth % size !== 0) {
    throw usage(`image_grid_pinpoints has [${canvasHeight}, ${canvasWidth}], not a multiple of ${size}`, WHERE);
  }
  const { width, height } = fit(image, canvasWidth, canvasHeight);
  const left = Math.floor((canvasWidth - width) / 2);
  const top = Math.floor((canvasHeight - height) / 2);
  const views: View[] = [{ resize: [{ width: size, height: size }], left: 0, top: 0 }];
  for (let y = 0; y < canvasHeight; y += size) {
    for (let x = 0; x < canvasWidth; x += size)
      views.push({ resize: [{ width, height }], left: x - left, top: y - top });
  }
  const kept = unpad(image, canvasWidth / patchSize, canvasHeight / patchSize, unpadding ?? 'transformers');
  return { views, mosaic: { columns: canvasWidth / size, kept } };
}

/** `select_best_resolution`: the most pixels of the image, then the least waste, then the first. */
function bestResolution(
  { width, height }: Size,
  candidates: readonly (readonly [height: number, width: number])[],
): readonly [height: number, width: number] {
  let best = candidates[0];
  let mostEffective = 0;
  let leastWasted = Infinity;
  for (const candidate of candidates) {
    const [h, w] = candidate;
    const scale = Math.min(w / width, h / height);
    const effective = Math.min(Math.trunc(width * scale) * Math.trunc(height * scale), width * height);
    const wasted = w * h - effective;
    if (effective > mostEffective || (effective === mostEffective && wasted < leastWasted)) {
      mostEffective = effective;
      leastWasted = wasted;
      best = candidate;
    }
  }
  return best;
}

/** `get_patch_output_size`: the largest size of the image's shape that fits. */
function fit({ width, height }: Size, maxWidth: number, maxHeight: number): Size {
  const scaleX = maxWidth / width;
  const scaleY = maxHeight / height;
  return scaleX < scaleY
    ? { width: maxWidth, height: Math.min(Math.ceil(height * scaleX), maxHeight) }
    : { width: Math.min(Math.ceil(width * scaleY), maxWidth), height: maxHeight };
}

/** `unpad_image`, in patches, with the arithmetic of transformers or of the original code. Very thin images may keep none. */
function unpad({ width, height }: Size, columns: number, rows: number, unpadding: Unpadding): Mosaic['kept'] {
  // Python: int(round(x, 7)), or int(x)
  const whole = (x: number): number => Math.trunc(unpadding === 'transformers' ? Number(x.toFixed(7)) : x);
  if (width / height > columns / rows) {
    const row = Math.floor((rows - whole(height * (columns / width))) / 2);
    return { row, column: 0, rows: rows - 2 * row, columns };
  }
  const column = Math.floor((columns - whole(width * (rows / height))) / 2);
  return { row: 0, column, rows, columns: columns - 2 * column };
}
