/**
 * How a picture of a given size becomes the square inputs of the vision tower: sizes and offsets only, no pixels.
 * Pixels (render.ts) and places (geometry.ts) both follow from this, so they cannot disagree.
 *
 * The numbers are those of transformers' Pillow-based CLIPImageProcessor and LlavaNextImageProcessor, with their
 * integer and float arithmetic, and of LLaVA's `expand2square`.
 */
import type { ImageProcessorSpec, Unpadding } from '../checkpoint/spec';
import { usage } from '../errors';
import type { Aspect, Rect } from './image';

/** What the layout needs to know of the vision tower. */
export interface VisionShape {
  /** Side of the square input in pixels. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** `full` keeps the class token as the first image token. */
  readonly select: 'default' | 'full';
}

/**
 * One square input of the tower: the frame is resized to `width` x `height`, and `size` x `size` pixels are taken from
 * `left`, `top` on. What lies outside the resized frame is black.
 */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
}

/** The anyres tiles as one mosaic, and the part of its patches that is kept after unpadding. */
export interface Mosaic {
  /** Tiles beside each other. */
  readonly columns: number;
  /** In patches of the mosaic. */
  readonly kept: { readonly row: number; readonly column: number; readonly rows: number; readonly columns: number };
}

export interface ImageLayout {
  readonly aspect: Aspect;
  /** Of the image file, in pixels. */
  readonly width: number;
  readonly height: number;
  /** What is resized, in pixels of the image: the image, or the square it stands in. Its parts outside are padding. */
  readonly frame: Rect;
  /** Side of each view in pixels. */
  readonly size: number;
  readonly patchSize: number;
  readonly select: 'default' | 'full';
  /** The base view first, then the tiles row by row. */
  readonly views: readonly View[];
  readonly mosaic?: Mosaic;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const WHERE = 'preprocessor_config.json';

/** Lays out one image. Throws `usage` when processor and tower don't fit together or the aspect is not possible. */
export function layOut(image: Size, spec: ImageProcessorSpec, vision: VisionShape, aspect: Aspect): ImageLayout {
  const { width, height } = image;
  const { imageSize: size, patchSize, select } = vision;
  if (size % patchSize !== 0) {
    throw usage(`image_size ${size} is not a multiple of patch_size ${patchSize}`, 'config.json');
  }
  if (spec.crop && (spec.crop.height !== size || spec.crop.width !== size)) {
    const is = `${spec.crop.height} x ${spec.crop.width}`;
    throw usage(`crop_size is ${is}, but the vision tower takes ${size} x ${size} pixels`, WHERE);
  }
  const shape = { aspect, width, height, size, patchSize, select };
  const whole = { x: 0, y: 0, width, height };
  if (aspect === 'anyres') return { ...shape, frame: whole, ...tiles(image, spec, vision) };
  const frame = aspect === 'pad' ? square(image) : whole;
  return { ...shape, frame, views: [plain(frame, spec, size)] };
}

/** The square that `expand2square` pads to; the odd pixel goes to the right or bottom. */
function square({ width, height }: Size): Rect {
  const side = Math.max(width, height);
  return { x: -Math.floor((side - width) / 2), y: -Math.floor((side - height) / 2), width: side, height: side };
}

/** Resize and centre crop of the CLIP processor. */
function plain(frame: Size, spec: ImageProcessorSpec, size: number): View {
  const { width, height } = resized(frame, spec.resize);
  if (spec.crop) {
    return { width, height, left: Math.floor((width - size) / 2), top: Math.floor((height - size) / 2) };
  }
  if (width !== size || height !== size) {
    const hint = 'size must name both sides, or do_center_crop be on';
    throw usage(`images come out as ${height} x ${width}, but the vision tower takes ${size} x ${size}`, WHERE, hint);
  }
  return { width, height, left: 0, top: 0 };
}

/** `get_resize_output_image_size`: the long side is cut, not rounded. */
function resized({ width, height }: Size, to: ImageProcessorSpec['resize']): Size {
  if (!to) return { width, height };
  if (!('shortestEdge' in to)) return to;
  const edge = to.shortestEdge;
  return width <= height
    ? { width: edge, height: Math.trunc((edge * height) / width) }
    : { width: Math.trunc((edge * width) / height), height: edge };
}

/** `LlavaNextImageProcessor.get_image_patches` and the unpadding of `pack_image_features`. */
function tiles(image: Size, spec: ImageProcessorSpec, vision: VisionShape): { views: View[]; mosaic: Mosaic } {
  const { imageSize: size, patchSize, select } = vision;
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
  const views: View[] = [{ width: size, height: size, left: 0, top: 0 }];
  for (let y = 0; y < canvasHeight; y += size) {
    for (let x = 0; x < canvasWidth; x += size) views.push({ width, height, left: x - left, top: y - top });
  }
  const kept = unpad(image, canvasWidth / patchSize, canvasHeight / patchSize, spec.unpadding ?? 'transformers');
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
