/** Draws the token-flow graph on canvas and as SVG, from one description of where things stand. */
import type { ExampleInfo } from '../../src/protocol/panel';
import { imageTokenMark, tokenText } from '../model/words';
import type { Theme } from '../ui/theme';
import type { FlowEdge, FlowGraph } from './edges';

export interface FlowFrame {
  readonly width: number;
  readonly height: number;
  /** Left of the first column and below the lowest level, in CSS pixels. */
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
  readonly columnWidth: number;
  /** Scrolled to the right by so much. */
  readonly scroll: number;
}

const LABEL_ROOM = 74;
const LEFT = 44;
const TOP = 10;
/** Columns keep at least this width; a long prompt scrolls. */
const NARROWEST = 15;

export function frame(g: FlowGraph, width: number, height: number, scroll: number): FlowFrame {
  const room = width - LEFT - 12;
  const columnWidth = Math.max(NARROWEST, room / Math.max(1, g.columns.length));
  const most = Math.max(0, columnWidth * g.columns.length - room);
  return {
    width,
    height,
    left: LEFT,
    top: TOP,
    bottom: height - LABEL_ROOM,
    columnWidth,
    scroll: Math.min(Math.max(0, scroll), most),
  };
}
export const scrollRoom = (g: FlowGraph, f: FlowFrame): number =>
  Math.max(0, f.columnWidth * g.columns.length - (f.width - f.left - 12));

const xOf = (f: FlowFrame, column: number): number => f.left + (column + 0.5) * f.columnWidth - f.scroll;
/** Level 0 is the embedding, at the bottom; level `layers` the last residual. */
const yOf = (g: FlowGraph, f: FlowFrame, level: number): number =>
  f.bottom - (level * (f.bottom - f.top)) / Math.max(1, g.layers);

export function drawFlow(
  ctx: CanvasRenderingContext2D,
  g: FlowGraph,
  edges: readonly FlowEdge[],
  example: ExampleInfo,
  f: FlowFrame,
  t: Theme,
  dpr: number,
): void {
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.clearRect(0, 0, f.width, f.height);
  const { left, right } = span(g, f);
  ctx.save();
  ctx.beginPath();
  ctx.rect(f.left - 4, 0, f.width - f.left + 4, f.bottom + 5);
  ctx.clip();
  ctx.fillStyle = t.faint;
  for (let level = 0; level <= g.layers; level++) {
    for (let c = left; c <= right; c++) ctx.fillRect(xOf(f, c) - 1, yOf(g, f, level) - 1, 2, 2);
  }
  ctx.strokeStyle = t.series[0];
  ctx.lineCap = 'round';
  // Weakest first, so that strong edges lie on top.
  for (let i = edges.length - 1; i >= 0; i--) {
    const e = edges[i];
    if (Math.max(e.from, e.to) < left || Math.min(e.from, e.to) > right) continue;
    ctx.globalAlpha = opacity(g, e);
    ctx.lineWidth = thickness(g, e);
    ctx.beginPath();
    ctx.moveTo(xOf(f, e.from), yOf(g, f, e.layer));
    ctx.lineTo(xOf(f, e.to), yOf(g, f, e.layer + 1));
    ctx.stroke();
  }
  ctx.restore();
  labels(ctx, g, example, f, t, left, right);
}

/** 0 to 1: an edge's weight relative to the strongest. */
const share = (g: FlowGraph, e: FlowEdge): number => (g.strongest > 0 ? e.weight / g.strongest : 0);
const opacity = (g: FlowGraph, e: FlowEdge): number => 0.15 + 0.85 * share(g, e);
const thickness = (g: FlowGraph, e: FlowEdge): number => 0.6 + 2.9 * share(g, e);

function span(g: FlowGraph, f: FlowFrame): { left: number; right: number } {
  return {
    left: Math.max(0, Math.floor(f.scroll / f.columnWidth) - 1),
    right: Math.min(g.columns.length - 1, Math.ceil((f.scroll + f.width) / f.columnWidth)),
  };
}

const LONGEST = 12;
const columnLabel = (g: FlowGraph, example: ExampleInfo, c: number): string => {
  const { position, image } = g.columns[c];
  if (image) return `▦×${example.imageTokens}`;
  if (position >= example.imageStart && position < example.imageStart + example.imageTokens)
    return imageTokenMark(example, position - example.imageStart);
  const text = tokenText(example.tokens[position].text);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
};

function labels(
  ctx: CanvasRenderingContext2D,
  g: FlowGraph,
  example: ExampleInfo,
  f: FlowFrame,
  t: Theme,
  left: number,
  right: number,
): void {
  ctx.font = `11px ${t.font}`;
  ctx.fillStyle = t.text;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'right';
  const step = Math.ceil((g.layers * 13) / Math.max(1, f.bottom - f.top));
  for (let layer = 0; layer < g.layers; layer += step)
    ctx.fillText(String(layer), f.left - 10, (yOf(g, f, layer) + yOf(g, f, layer + 1)) / 2);
  ctx.save();
  ctx.beginPath();
  ctx.rect(f.left - 10, 0, f.width, f.height);
  ctx.clip();
  for (let c = left; c <= right; c++) {
    ctx.save();
    ctx.translate(xOf(f, c), f.bottom + 8);
    ctx.rotate(-Math.PI / 3);
    ctx.fillText(columnLabel(g, example, c), 0, 0);
    ctx.restore();
  }
  ctx.restore();
}

/** The chosen layer's band, the edge under the pointer, the chosen token's column. Cheap: drawn on every step. */
export function drawFlowMarks(
  ctx: CanvasRenderingContext2D,
  g: FlowGraph,
  f: FlowFrame,
  m: { layer: number; edge?: FlowEdge; column?: number },
  t: Theme,
  dpr: number,
): void {
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.clearRect(0, 0, f.width, f.height);
  const [y0, y1] = [yOf(g, f, m.layer + 1), yOf(g, f, m.layer)];
  ctx.globalAlpha = t.highContrast ? 0.35 : 0.14;
  ctx.fillStyle = t.focus;
  ctx.fillRect(f.left - 8, y0, f.width - f.left, y1 - y0);
  ctx.globalAlpha = 1;
  ctx.fillRect(f.left - 8, y0, 3, y1 - y0);
  if (m.column !== undefined && xOf(f, m.column) >= f.left - 4) {
    ctx.strokeStyle = t.focus;
    ctx.lineWidth = 1;
    ctx.setLineDash([3, 3]);
    ctx.strokeRect(xOf(f, m.column) - f.columnWidth / 2, f.top - 4, f.columnWidth, f.bottom - f.top + 8);
    ctx.setLineDash([]);
  }
  if (m.edge) {
    ctx.strokeStyle = t.text;
    ctx.lineWidth = Math.max(3, thickness(g, m.edge) + 1);
    ctx.lineCap = 'round';
    ctx.beginPath();
    ctx.moveTo(xOf(f, m.edge.from), yOf(g, f, m.edge.layer));
    ctx.lineTo(xOf(f, m.edge.to), yOf(g, f, m.edge.layer + 1));
    ctx.stroke();
  }
}

/** The edge nearest to a point, within a few pixels. */
export function edgeAt(
  g: FlowGraph,
  edges: readonly FlowEdge[],
  f: FlowFrame,
  x: number,
  y: number,
): FlowEdge | undefined {
  const level = Math.floor(((f.bottom - y) / (f.bottom - f.top)) * g.layers);
  let [best, least] = [undefined as FlowEdge | undefined, 6];
  for (const e of edges) {
    if (e.layer !== level) continue;
    const d =
      distance(x, y, xOf(f, e.from), yOf(g, f, e.layer), xOf(f, e.to), yOf(g, f, e.layer + 1)) - thickness(g, e) / 2;
    if (d < least) [best, least] = [e, d];
  }
  return best;
}

function distance(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const t = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

const escape = (s: string): string =>
  s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

/** The whole graph, unscrolled, on white. */
export function flowSvg(g: FlowGraph, edges: readonly FlowEdge[], example: ExampleInfo, title: string): string {
  const height = Math.max(260, g.layers * 26 + LABEL_ROOM + 40);
  const f: FlowFrame = {
    width: g.columns.length * 18 + LEFT + 24,
    height,
    left: LEFT,
    top: 36,
    bottom: height - LABEL_ROOM,
    columnWidth: 18,
    scroll: 0,
  };
  const n = (v: number): string => v.toFixed(1);
  const lines = [...edges]
    .reverse()
    .map(
      (e) =>
        `<line x1="${n(xOf(f, e.from))}" y1="${n(yOf(g, f, e.layer))}" x2="${n(xOf(f, e.to))}" y2="${n(yOf(g, f, e.layer + 1))}" stroke-width="${thickness(g, e).toFixed(2)}" stroke-opacity="${opacity(g, e).toFixed(2)}"/>`,
    );
  const columns = g.columns.map(
    (_, c) =>
      `<text transform="translate(${n(xOf(f, c))} ${n(f.bottom + 8)}) rotate(-60)" text-anchor="end">${escape(columnLabel(g, example, c))}</text>`,
  );
  const layers = Array.from(
    { length: g.layers },
    (_, l) =>
      `<text x="${LEFT - 10}" y="${n((yOf(g, f, l) + yOf(g, f, l + 1)) / 2 + 4)}" text-anchor="end">${l}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${n(f.width)}" height="${f.height}" viewBox="0 0 ${n(f.width)} ${f.height}" font-family="DejaVu Sans, sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${LEFT}" y="18" font-size="12">${escape(title)}</text>
<g stroke="#0072b2" stroke-linecap="round">
${lines.join('\n')}
</g>
<g fill="#333333">
${columns.join('\n')}
${layers.join('\n')}
</g>
</svg>
`;
}
