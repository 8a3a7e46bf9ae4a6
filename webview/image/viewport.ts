/**
 * Between pixels of the image file and device pixels of the canvas. A patch is drawn on whole device pixels: each
 * edge is rounded once, so neighbours share their edge and a click always hits the patch that is seen there.
 */
import type { ImageGeometry, Rect } from '../../src/protocol/panel';
import type { GridChoice } from './places';

/** `device = (image - origin) * scale` */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}
/** Left, top, right, bottom in whole device pixels; right and bottom are the first ones outside. */
export type Cell = readonly [number, number, number, number];

/** A patch never needs to be larger than this many device pixels per image pixel. */
const MAX_SCALE = 64;

/** The image and the chosen grids together: a padded grid reaches past the image. */
export function extent(g: ImageGeometry, kind: GridChoice): Rect {
  let [left, top, right, bottom] = [0, 0, g.width, g.height];
  for (const { rect, kind: k } of g.grids) {
    if (kind !== 'both' && k !== kind) continue;
    left = Math.min(left, rect.x);
    top = Math.min(top, rect.y);
    right = Math.max(right, rect.x + rect.width);
    bottom = Math.max(bottom, rect.y + rect.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export function fit(area: Rect, canvas: Size): View {
  const scale = Math.min(canvas.width / area.width, canvas.height / area.height);
  return {
    scale,
    x: area.x - (canvas.width / scale - area.width) / 2,
    y: area.y - (canvas.height / scale - area.height) / 2,
  };
}

/** Far below a pixel, far above the rounding of coordinates. */
const TIE = 1e-6;
/**
 * A coordinate of the picture as a whole device pixel. An edge that lies on half a pixel reaches here as `x + width` of
 * one patch and as `x` of the next, which rounding may have put on either side of the half: both must go one way.
 */
const pixel = (at: number, origin: number, scale: number): number => Math.round((at - origin) * scale + TIE);

/** Zooms so that the image point under (px, py) stays there. Never smaller than the fitted view. */
export function zoomAt(view: View, factor: number, px: number, py: number, area: Rect, canvas: Size): View {
  const least = fit(area, canvas);
  const scale = Math.min(Math.max(view.scale * factor, least.scale), Math.max(MAX_SCALE, least.scale));
  if (scale === least.scale) return least;
  return keepInside(
    { scale, x: view.x + px / view.scale - px / scale, y: view.y + py / view.scale - py / scale },
    area,
    canvas,
  );
}

export const pan = (view: View, dx: number, dy: number, area: Rect, canvas: Size): View =>
  keepInside({ ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale }, area, canvas);

function keepInside(v: View, area: Rect, canvas: Size): View {
  return {
    scale: v.scale,
    x: along(v.x, area.x, area.width, canvas.width / v.scale),
    y: along(v.y, area.y, area.height, canvas.height / v.scale),
  };
}
function along(at: number, start: number, length: number, seen: number): number {
  if (seen >= length) return start - (seen - length) / 2;
  return Math.min(Math.max(at, start), start + length - seen);
}

export function cellOf(rect: Rect, v: View): Cell {
  return [
    pixel(rect.x, v.x, v.scale),
    pixel(rect.y, v.y, v.scale),
    pixel(rect.x + rect.width, v.x, v.scale),
    pixel(rect.y + rect.height, v.y, v.scale),
  ];
}

/** Cells of every patch of the chosen grids, by patch number; undefined for the others. */
export function cells(g: ImageGeometry, kind: GridChoice, v: View): (Cell | undefined)[] {
  return g.patches.map((p) => (p.rect && (kind === 'both' || p.kind === kind) ? cellOf(p.rect, v) : undefined));
}

/** The patch that covers this device pixel. */
export function patchAt(list: readonly (Cell | undefined)[], x: number, y: number): number | undefined {
  const [px, py] = [Math.floor(x), Math.floor(y)];
  const at = list.findIndex((c) => c !== undefined && px >= c[0] && px < c[2] && py >= c[1] && py < c[3]);
  return at < 0 ? undefined : at;
}

/** Patches that a rectangle touches. */
export function patchesIn(
  list: readonly (Cell | undefined)[],
  a: readonly [number, number],
  b: readonly [number, number],
): number[] {
  const [left, right] = a[0] < b[0] ? [a[0], b[0]] : [b[0], a[0]];
  const [top, bottom] = a[1] < b[1] ? [a[1], b[1]] : [b[1], a[1]];
  const out: number[] = [];
  list.forEach((c, i) => {
    if (c && c[0] <= right && c[2] > left && c[1] <= bottom && c[3] > top) out.push(i);
  });
  return out;
}

/** Patches whose centre lies in a closed free-hand line (even-odd). */
export function patchesInLasso(
  list: readonly (Cell | undefined)[],
  line: readonly (readonly [number, number])[],
): number[] {
  const out: number[] = [];
  list.forEach((c, i) => {
    if (!c) return;
    const [x, y] = [(c[0] + c[2]) / 2, (c[1] + c[3]) / 2];
    let inside = false;
    for (let k = 0, j = line.length - 1; k < line.length; j = k++) {
      const [xk, yk] = line[k];
      const [xj, yj] = line[j];
      if (yk > y !== yj > y && x < ((xj - xk) * (y - yk)) / (yj - yk) + xk) inside = !inside;
    }
    if (inside) out.push(i);
  });
  return out;
}
