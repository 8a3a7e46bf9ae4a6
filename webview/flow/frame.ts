/** Where the columns, levels and edges of the token-flow graph stand. Pure. */
import type { FlowEdge, FlowGraph } from './edges';

export interface FlowFrame {
  readonly width: number;
  readonly height: number;
  /** Left of the first column, above the last level and below the lowest, in CSS pixels. */
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
  /** Where each column begins, from the first on; one more for the end of the last. */
  readonly starts: Float64Array;
  /** Scrolled to the right by so much. */
  readonly scroll: number;
}

/** Room below for labels that stand aslant. */
export const LABEL_ROOM = 66;
const LEFT = 40;
const TOP = 8;
const RIGHT = 12;
/** A token's column keeps at least this width; a long prompt scrolls. */
const NARROWEST = 15;
/** So does a patch's, which has no label of its own. */
const NARROWEST_PATCH = 1.5;

/** @param isPatch tells the columns of single patches, which may be narrow */
export function frame(
  g: FlowGraph,
  isPatch: (column: number) => boolean,
  width: number,
  height: number,
  scroll: number,
): FlowFrame {
  const room = width - LEFT - RIGHT;
  const n = g.columns.length;
  const patches = g.columns.reduce((sum, _, c) => sum + (isPatch(c) ? 1 : 0), 0);
  const even = room / Math.max(1, n);
  const token = even >= NARROWEST ? even : NARROWEST;
  const patch =
    even >= NARROWEST ? even : Math.max(NARROWEST_PATCH, Math.min(NARROWEST, (room - (n - patches) * token) / patches));
  const starts = new Float64Array(n + 1);
  for (let c = 0; c < n; c++) starts[c + 1] = starts[c] + (isPatch(c) ? patch : token);
  return {
    width,
    height,
    left: LEFT,
    top: TOP,
    bottom: height - LABEL_ROOM,
    starts,
    scroll: Math.min(Math.max(0, scroll), Math.max(0, starts[n] - room)),
  };
}

/** How far it can be scrolled. */
export const scrollRoom = (f: FlowFrame): number => Math.max(0, f.starts[f.starts.length - 1] - seenWidth(f));
/** Width of the part that is seen, without its margins. */
const seenWidth = (f: FlowFrame): number => f.width - f.left - RIGHT;

export const widthOf = (f: FlowFrame, column: number): number => f.starts[column + 1] - f.starts[column];
export const xOf = (f: FlowFrame, column: number): number =>
  f.left + (f.starts[column] + f.starts[column + 1]) / 2 - f.scroll;
/** Level 0 is the embedding, at the bottom; level `layers` the last residual. */
export const yOf = (g: FlowGraph, f: FlowFrame, level: number): number =>
  f.bottom - (level * (f.bottom - f.top)) / Math.max(1, g.layers);

/** First and last column of which something is seen. */
export function columnsSeen(f: FlowFrame): readonly [number, number] {
  const n = f.starts.length - 1;
  let [first, last] = [0, n - 1];
  while (first < last && f.starts[first + 1] <= f.scroll) first++;
  while (last > first && f.starts[last] >= f.scroll + f.width - f.left) last--;
  return [first, last];
}

/** Is one end of the edge in the part that is seen? */
export function isSeen(f: FlowFrame, e: FlowEdge): boolean {
  const seen = (column: number): boolean => {
    const x = xOf(f, column);
    return x >= f.left && x <= f.width;
  };
  return seen(e.from) || seen(e.to);
}

/** The scroll at which the ends of the edges that are seen weigh most; of equals, the one nearest to the end. */
export function bestScroll(f: FlowFrame, edges: readonly FlowEdge[]): number {
  const most = scrollRoom(f);
  if (most === 0 || edges.length === 0) return most;
  const n = f.starts.length - 1;
  /** Summed strengths of the edges that end in the columns before. */
  const sums = new Float64Array(n + 1);
  for (const { from, to, strength } of edges) {
    sums[from + 1] += strength;
    sums[to + 1] += strength;
  }
  for (let c = 0; c < n; c++) sums[c + 1] += sums[c];
  let [best, weight] = [most, -1];
  let first = n;
  // From the end to the beginning, each time with a column at the right edge.
  for (let last = n; last > 0; last--) {
    const scroll = Math.max(0, f.starts[last] - seenWidth(f));
    while (first > 0 && f.starts[first - 1] >= scroll - 1e-9) first--;
    const here = sums[last] - sums[first];
    if (here > weight + 1e-12) [best, weight] = [scroll, here];
    if (scroll === 0) break;
  }
  return Math.min(best, most);
}

/** 0 to 1: an edge's strength relative to the strongest. */
const share = (g: FlowGraph, e: FlowEdge): number => (g.strongest > 0 ? e.strength / g.strongest : 0);
export const opacity = (g: FlowGraph, e: FlowEdge): number => 0.15 + 0.85 * share(g, e);
export const thickness = (g: FlowGraph, e: FlowEdge): number => 0.6 + 2.9 * share(g, e);

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
