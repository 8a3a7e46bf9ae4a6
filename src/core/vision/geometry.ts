/**
 * Where each image token lies in the picture, and which token lies at a point: both ways from one layout. Every step
 * from image to view is a stretch and a shift along each axis, so a patch is a rectangle in the image as well.
 */
import type { ImageGeometry, PatchGrid, PatchPlace, Rect } from './image';
import type { ImageLayout, View } from './layout';

/** What stands in PreparedImage.sources for the learned newline. */
export const NEWLINE_SOURCE = -1;

/** Rows of the tower's output per view: its patches, and the class token where that is kept. */
export const rowsPerView = ({ size, patchSize, select }: Pick<ImageLayout, 'size' | 'patchSize' | 'select'>): number =>
  (size / patchSize) ** 2 + (select === 'full' ? 1 : 0);

/**
 * The image tokens in the published order: class token if kept, base patches, then tile patches row by row over all
 * tiles, each row ended by a newline. `sources` is as in PreparedImage.
 */
export function imageTokens(layout: ImageLayout): { geometry: ImageGeometry; sources: Int32Array } {
  const { aspect, width, height, size, patchSize, select, mosaic } = layout;
  const side = size / patchSize;
  const classRows = select === 'full' ? 1 : 0;
  const patches: PatchPlace[] = [];
  const sources: number[] = [];
  const grids: PatchGrid[] = [];
  if (classRows) {
    patches.push({ kind: 'class', row: 0, column: 0 });
    sources.push(0);
  }
  const base: PatchGrid = {
    kind: 'base',
    rows: side,
    columns: side,
    first: classRows,
    stride: side,
    rect: inImage(layout, layout.views[0], { x: 0, y: 0, width: size, height: size }),
  };
  grids.push(base);
  for (let i = 0; i < side * side; i++) {
    patches.push(place(base, Math.floor(i / side), i % side));
    sources.push(classRows + i);
  }
  if (mosaic) {
    const { row: firstRow, column: firstColumn, rows, columns } = mosaic.kept;
    // The first tile's view is the mosaic's corner, so the mosaic's pixels count from there.
    const outline = {
      x: firstColumn * patchSize,
      y: firstRow * patchSize,
      width: columns * patchSize,
      height: rows * patchSize,
    };
    const rect = inImage(layout, layout.views[1], outline);
    const grid: PatchGrid = { kind: 'tile', rows, columns, first: patches.length, stride: columns + 1, rect };
    // A very thin image may keep no patch of a row; its newline stays.
    if (rows > 0 && columns > 0) grids.push(grid);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        patches.push(place(grid, row, column));
        const y = firstRow + row;
        const x = firstColumn + column;
        const tile = Math.floor(y / side) * mosaic.columns + Math.floor(x / side);
        sources.push((1 + tile) * side * side + (y % side) * side + (x % side));
      }
      patches.push({ kind: 'newline', row, column: columns });
      sources.push(NEWLINE_SOURCE);
    }
  }
  return { geometry: { aspect, width, height, patches, grids }, sources: Int32Array.from(sources) };
}

/** A rectangle of a view's pixels, in pixels of the image. */
function inImage({ frame }: ImageLayout, view: View, rect: Rect): Rect {
  const scaleX = frame.width / view.width;
  const scaleY = frame.height / view.height;
  return {
    x: frame.x + (rect.x + view.left) * scaleX,
    y: frame.y + (rect.y + view.top) * scaleY,
    width: rect.width * scaleX,
    height: rect.height * scaleY,
  };
}

function place(grid: PatchGrid, row: number, column: number): PatchPlace {
  const width = grid.rect.width / grid.columns;
  const height = grid.rect.height / grid.rows;
  const rect = { x: grid.rect.x + column * width, y: grid.rect.y + row * height, width, height };
  return { kind: grid.kind, row, column, rect };
}

/**
 * Number of the patch that covers a point, counted among the image tokens from 0; undefined where there is none, as
 * in what a centre crop cut off. `x`, `y` in pixels of the image file; padding outside the image has patches too.
 * Without `kind` the base patch is meant where both grids have one.
 */
export function patchAt(
  geometry: Pick<ImageGeometry, 'grids'>,
  x: number,
  y: number,
  kind?: PatchGrid['kind'],
): number | undefined {
  for (const grid of geometry.grids) {
    if (kind !== undefined && grid.kind !== kind) continue;
    const { rect, rows, columns } = grid;
    if (!(x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height)) continue;
    // A point just before the far border may round onto it.
    const column = Math.min(Math.floor(((x - rect.x) / rect.width) * columns), columns - 1);
    const row = Math.min(Math.floor(((y - rect.y) / rect.height) * rows), rows - 1);
    return grid.first + row * grid.stride + column;
  }
  return undefined;
}

/**
 * Numbers, ascending, of the patches that share some area with a rectangle in pixels of the image file. Without `kind`
 * those of all grids.
 */
export function patchesInRect(geometry: Pick<ImageGeometry, 'grids'>, rect: Rect, kind?: PatchGrid['kind']): number[] {
  const numbers: number[] = [];
  for (const grid of geometry.grids) {
    if (kind !== undefined && grid.kind !== kind) continue;
    const [left, right] = span(rect.x, rect.width, grid.rect.x, grid.rect.width, grid.columns);
    const [top, bottom] = span(rect.y, rect.height, grid.rect.y, grid.rect.height, grid.rows);
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) numbers.push(grid.first + row * grid.stride + column);
    }
  }
  return numbers;
}

/** The cells `[from, to)` of one axis that an interval overlaps. */
function span(start: number, length: number, gridStart: number, gridLength: number, cells: number): [number, number] {
  if (!(length > 0)) return [0, 0];
  // Ends that should fall on a cell's border may miss it by rounding; a sliver below this is not an overlap.
  const sliver = 1e-9 * cells;
  const from = Math.floor(((start - gridStart) / gridLength) * cells + sliver);
  const to = Math.ceil(((start + length - gridStart) / gridLength) * cells - sliver);
  return [Math.max(from, 0), Math.min(to, cells)];
}
