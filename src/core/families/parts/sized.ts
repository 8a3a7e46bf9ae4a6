/**
 * Pictures that keep their size within limits, in one view and a grid of tokens as fine as that (Qwen). Source:
 * transformers image_processing_pil_qwen2_vl.py (`smart_resize`), modeling_qwen2_vl.py (`get_rope_index`).
 */
import { usage } from '../../errors';
import type { Eye, ImageLayout, PixelRange, PixelSpec, Size, TowerSpec } from '../../spec';
import { checkAspect, TokenRun } from './grids';
import { CLIP_PIXELS, checkProcessorClass, pixelSpec, type ProcessorFile } from './processor';

/** Longer pictures are refused, as Python does. */
const MOST_ASPECT = 200;
/** Of Qwen2VLImageProcessor, where no file says others. */
const DEFAULT_PIXELS: PixelRange = [56 * 56, 28 * 28 * 1280];
const ASPECTS = ['processor'];

/** What stands around the picture's tokens in the prompt. */
export interface Around {
  readonly before: string;
  readonly after: string;
}

export interface SizedProcessor {
  readonly pixels: PixelSpec;
  readonly range: PixelRange;
}

/** @throws CrossflowError `usage` naming the key that does not fit the tower */
export function sizedProcessor(
  at: ProcessorFile,
  tower: { patchSize: number; merge: number; frames: number },
): SizedProcessor {
  const { raw, file } = at;
  checkProcessorClass(at, /^Qwen2VLImageProcessor(Fast|Pil)?$/, ['Qwen2VLImageProcessor']);
  for (const [key, own] of [
    ['patch_size', tower.patchSize],
    ['merge_size', tower.merge],
    ['temporal_patch_size', tower.frames],
  ] as const) {
    if ((raw[key] ?? own) !== own) throw usage(`${key} is ${raw[key]}, but the vision tower's is ${own}`, file);
  }
  if (raw.do_resize === false) throw usage('do_resize is false, which is not supported', file, 'supported: true');
  const { size } = raw;
  if (size != null && (typeof size === 'number' || Array.isArray(size))) {
    throw usage('size has neither shortest_edge nor longest_edge', file);
  }
  const fewest = raw.min_pixels ?? (size ? size.shortest_edge : DEFAULT_PIXELS[0]);
  const most = raw.max_pixels ?? (size ? size.longest_edge : DEFAULT_PIXELS[1]);
  if (fewest == null) throw usage('size has no shortest_edge', file);
  if (most == null) throw usage('size has no longest_edge', file);
  if (fewest > most) throw usage(`min_pixels (${fewest}) is more than max_pixels (${most})`, file);
  return { pixels: pixelSpec(raw, file, CLIP_PIXELS), range: [fewest, most] };
}

/** `given`: limits that an experiment sets in place of the checkpoint's. */
export function sizedEye(tower: TowerSpec, processor: SizedProcessor, around: Around, given?: PixelRange): Eye {
  const range = given ?? processor.range;
  const unit = tower.patchSize * (tower.merge.kind === 'join' ? tower.merge.factor : 1);
  return {
    aspects: ASPECTS,
    tower,
    vectors: [],
    pixels: processor.pixels,
    limits: {
      pixels: range,
      within(other) {
        checkRange(other, unit);
        return sizedEye(tower, processor, around, other);
      },
    },
    layOut(size, aspect) {
      checkAspect(aspect, ASPECTS);
      const { geometry, ...layout } = layOut(size, unit, range, around);
      return { geometry: { ...geometry, ...(given && { pixels: given }) }, ...layout };
    },
    // as in GQA; the fewest tokens, the most
    samples: [{ width: 640, height: 480 }, { width: unit, height: unit }, largest(unit, range)],
  };
}

function checkRange([fewest, most]: PixelRange, unit: number): void {
  if (fewest > most) throw usage(`"pixels": the fewest (${fewest}) are more than the most (${most})`);
  if (most >= unit ** 2) return;
  const right = `one token stands for ${unit} x ${unit} pixels`;
  throw usage(`"pixels": at most ${most} pixels are less than one token`, undefined, right);
}

/** The picture of the most tokens that is nearest to a square. */
function largest(unit: number, [, most]: PixelRange): Size {
  const tokens = Math.max(1, Math.floor(most / unit ** 2));
  const rows = Math.floor(Math.sqrt(tokens));
  return { width: Math.floor(tokens / rows) * unit, height: rows * unit };
}

/** Python's `round`: a half goes to the even number. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest === 0.5 ? floor + (floor % 2) : Math.round(x);
}

/** @throws CrossflowError `usage` for a picture that is too long */
function smartResize({ width, height }: Size, unit: number, [fewest, most]: PixelRange): Size {
  if (Math.max(width, height) / Math.min(width, height) > MOST_ASPECT) {
    const what = `the image has ${width} x ${height} pixels: one side is more than ${MOST_ASPECT} times the other`;
    throw usage(what, undefined, 'cut it');
  }
  const size = { width: roundHalfEven(width / unit) * unit, height: roundHalfEven(height / unit) * unit };
  const area = size.width * size.height;
  if (area > most) {
    const beta = Math.sqrt((height * width) / most);
    const down = (x: number): number => Math.max(unit, Math.floor(x / beta / unit) * unit);
    return { width: down(width), height: down(height) };
  }
  if (area >= fewest) return size;
  const beta = Math.sqrt(fewest / (height * width));
  const up = (x: number): number => Math.ceil((x * beta) / unit) * unit;
  return { width: up(width), height: up(height) };
}

/** One grid between two marks. Its tokens stand at one time; rows and columns move on from there, as does the text. */
function layOut(image: Size, unit: number, range: PixelRange, { before, after }: Around): ImageLayout {
  const frame = { x: 0, y: 0, width: image.width, height: image.height };
  const viewSize = smartResize(image, unit, range);
  const [rows, columns] = [viewSize.height / unit, viewSize.width / unit];
  const run = new TokenRun();
  const axes: [number, number, number][] = [[0, 0, 0]];
  run.other('mark', 0, 0, { text: before });
  const grid = run.grid('base', rows, columns, frame);
  for (let i = 0; i < rows * columns; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    run.cell(grid, row, column, i);
    axes.push([1, 1 + row, 1 + column]);
  }
  run.other('mark', 0, 0, { text: after });
  const end = 1 + Math.max(rows, columns);
  axes.push([end, end, end]);
  return {
    geometry: run.geometry(image, 'processor'),
    frame,
    viewSize,
    views: [{ resize: [viewSize], left: 0, top: 0 }],
    sources: run.sources,
    positions: { axes, advance: end + 1 },
  };
}
