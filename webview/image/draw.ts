/** Draws the picture below the overlay, and the marks above it. */
import type { Box, ImageGeometry } from '../../src/protocol/panel';
import type { Theme } from '../ui/theme';
import { dashOf } from '../ui/theme';
import { unseen } from './places';
import { cellOf, type Cell, type View } from './viewport';

/** From this many device pixels per image pixel on, single pixels are shown as squares. */
const CRISP_FROM = 3;
/** Grid lines nearer than this many device pixels hide the picture. */
const GRID_FROM = 5;

export function drawPicture(
  ctx: CanvasRenderingContext2D,
  image: HTMLImageElement | undefined,
  g: ImageGeometry,
  area: Cell,
  v: View,
  t: Theme,
): void {
  const { width, height } = ctx.canvas;
  ctx.clearRect(0, 0, width, height);
  const [l, u, r, b] = cellOf({ x: 0, y: 0, width: g.width, height: g.height }, v);
  if (area[0] < l || area[1] < u || area[2] > r || area[3] > b) hatch(ctx, area, t);
  if (!image) return;
  ctx.imageSmoothingEnabled = v.scale < CRISP_FROM;
  ctx.imageSmoothingQuality = 'high';
  ctx.drawImage(image, l, u, r - l, b - u);
  for (const rect of unseen(g)) dim(ctx, cellOf(rect, v), t);
}

/** What the model does not see: pale, and hatched, for pale alone could be the picture's own. */
function dim(ctx: CanvasRenderingContext2D, cell: Cell, t: Theme): void {
  const [l, u, r, b] = cell;
  ctx.globalAlpha = 0.72;
  ctx.fillStyle = t.background;
  ctx.fillRect(l, u, r - l, b - u);
  ctx.globalAlpha = 1;
  hatch(ctx, cell, t);
}

/** Padding: there are patches here but no picture. */
function hatch(ctx: CanvasRenderingContext2D, [l, u, r, b]: Cell, t: Theme): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(l, u, r - l, b - u);
  ctx.clip();
  ctx.strokeStyle = t.line;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let x = l - (b - u); x < r; x += 9) {
    ctx.moveTo(x, b);
    ctx.lineTo(x + (b - u), u);
  }
  ctx.stroke();
  ctx.restore();
}

export interface Marks {
  readonly grid: boolean;
  readonly boxes: readonly Box[];
  /** Patches of the set that is edited: of the grid that is clicked, and of the other one where clicks mean both. */
  readonly selected: ReadonlySet<number>;
  readonly also: ReadonlySet<number>;
  /** Patch under the keyboard. */
  readonly cursor?: number;
  readonly hover?: number;
  readonly drag?: {
    readonly line: readonly (readonly [number, number])[];
    readonly lasso: boolean;
    readonly removes: boolean;
  };
}

/** @param marked cells of all that may be marked; `list` has those of the grid that is clicked */
export function drawMarks(
  ctx: CanvasRenderingContext2D,
  { list, marked }: { readonly list: readonly (Cell | undefined)[]; readonly marked: readonly (Cell | undefined)[] },
  m: Marks,
  v: View,
  t: Theme,
  dpr: number,
): void {
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  if (m.grid) grid(ctx, list);
  m.boxes.forEach(([x, y, width, height], i) => {
    const [l, u, r, b] = cellOf({ x, y, width, height }, v);
    frame(ctx, [l, u, r, b], '#000000', 4 * dpr, []);
    frame(
      ctx,
      [l, u, r, b],
      '#ff5252',
      2 * dpr,
      dashOf(i).map((d) => d * dpr),
    );
  });
  if (m.selected.size > 0) {
    ctx.fillStyle = 'rgba(255,255,255,0.22)';
    for (const p of m.selected) {
      const c = list[p];
      if (c) ctx.fillRect(c[0], c[1], c[2] - c[0], c[3] - c[1]);
    }
    outline(ctx, list, m.selected, '#000000', 4 * dpr);
    outline(ctx, list, m.selected, t.selected, 2 * dpr);
  }
  if (m.also.size > 0) {
    outline(ctx, marked, m.also, '#000000', 4 * dpr);
    outline(ctx, marked, m.also, t.selected, 2 * dpr, [3 * dpr, 4 * dpr]);
  }
  const hover = m.hover === undefined ? undefined : list[m.hover];
  if (hover) frame(ctx, hover, 'rgba(255,255,255,0.9)', dpr, []);
  const cursor = m.cursor === undefined ? undefined : list[m.cursor];
  if (cursor) {
    frame(ctx, cursor, '#000000', 4 * dpr, []);
    frame(ctx, cursor, '#ffffff', 2 * dpr, [3 * dpr, 3 * dpr]);
  }
  if (m.drag && m.drag.line.length > 1) drag(ctx, m.drag, dpr);
}

function grid(ctx: CanvasRenderingContext2D, list: readonly (Cell | undefined)[]): void {
  const first = list.find((c) => c !== undefined);
  if (!first || first[2] - first[0] < GRID_FROM) return;
  for (const [offset, colour] of [
    [0, 'rgba(0,0,0,0.38)'],
    [1, 'rgba(255,255,255,0.30)'],
  ] as const) {
    ctx.fillStyle = colour;
    for (const c of list) {
      if (!c) continue;
      ctx.fillRect(c[0] + offset, c[1], 1, c[3] - c[1]);
      ctx.fillRect(c[0], c[1] + offset, c[2] - c[0], 1);
    }
  }
}

function frame(
  ctx: CanvasRenderingContext2D,
  [l, u, r, b]: Cell,
  colour: string,
  width: number,
  dash: readonly number[],
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash([...dash]);
  ctx.strokeRect(l + 0.5, u + 0.5, r - l - 1, b - u - 1);
  ctx.setLineDash([]);
}

/** The border of a group of patches of one grid: edges to patches outside it. */
export function outline(
  ctx: CanvasRenderingContext2D,
  list: readonly (Cell | undefined)[],
  chosen: ReadonlySet<number>,
  colour: string,
  width: number,
  dash: readonly number[] = [],
): void {
  const edges = new Map<string, readonly [number, number, number, number]>();
  const flip = (x0: number, y0: number, x1: number, y1: number): void => {
    const key = `${x0},${y0},${x1},${y1}`;
    if (!edges.delete(key)) edges.set(key, [x0, y0, x1, y1]);
  };
  for (const p of chosen) {
    const c = list[p];
    if (!c) continue;
    flip(c[0], c[1], c[2], c[1]);
    flip(c[0], c[3], c[2], c[3]);
    flip(c[0], c[1], c[0], c[3]);
    flip(c[2], c[1], c[2], c[3]);
  }
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.lineCap = 'square';
  ctx.setLineDash([...dash]);
  ctx.beginPath();
  for (const [x0, y0, x1, y1] of edges.values()) {
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1, y1);
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

function drag(ctx: CanvasRenderingContext2D, d: NonNullable<Marks['drag']>, dpr: number): void {
  const [first] = d.line;
  const last = d.line[d.line.length - 1];
  ctx.beginPath();
  if (d.lasso) d.line.forEach(([x, y], i) => (i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)));
  else ctx.rect(first[0], first[1], last[0] - first[0], last[1] - first[1]);
  if (d.lasso) ctx.closePath();
  ctx.fillStyle = d.removes ? 'rgba(255,80,80,0.2)' : 'rgba(255,255,255,0.2)';
  ctx.fill();
  ctx.lineWidth = 3 * dpr;
  ctx.strokeStyle = '#000000';
  ctx.stroke();
  ctx.lineWidth = 1.5 * dpr;
  ctx.strokeStyle = '#ffffff';
  ctx.setLineDash([4 * dpr, 3 * dpr]);
  ctx.stroke();
  ctx.setLineDash([]);
}
