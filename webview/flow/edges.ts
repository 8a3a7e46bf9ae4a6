/** The token-flow graph's edges: attention averaged over heads, image tokens as one or each. Pure. */
import type { AttentionResult, ExampleInfo } from '../../src/protocol/panel';

/** A column of the graph: one token, or the whole image. */
export interface FlowColumn {
  readonly position: number;
  readonly image: boolean;
}
/** Column `from` at `layer` is read by column `to`, which shows it one level up. */
export interface FlowEdge {
  readonly layer: number;
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}
export interface FlowGraph {
  readonly columns: readonly FlowColumn[];
  /** Strongest first. */
  readonly edges: readonly FlowEdge[];
  readonly layers: number;
}

/** Weaker edges are never listed: they could not be seen, and there are millions. */
export const FAINTEST = 0.01;
/** Most edges drawn at once; the strongest. */
export const MOST_EDGES = 4000;

export function flowGraph(
  a: AttentionResult,
  example: ExampleInfo,
  expanded: boolean,
  withFirst: boolean,
  withSelf: boolean,
): FlowGraph {
  const { imageStart, imageTokens, tokens } = example;
  const end = imageStart + imageTokens;
  const columns: FlowColumn[] = [];
  const columnOf = new Int32Array(tokens.length);
  for (let p = 0; p < tokens.length; p++) {
    const inImage = p >= imageStart && p < end;
    if (!inImage || expanded || p === imageStart) columns.push({ position: p, image: inImage && !expanded });
    columnOf[p] = columns.length - 1;
  }
  const edges: FlowEdge[] = [];
  const sums = new Float32Array(columns.length);
  const rows = a.rows.length;
  for (let layer = 0; layer < a.layers; layer++) {
    for (let r = 0; r < rows; r++) {
      const target = a.rows[r];
      if (target >= imageStart && target < end && !expanded) continue;
      const at = (layer * rows + r) * a.columns;
      sums.fill(0);
      const seen = Math.min(target, tokens.length - 1, a.columns - 1);
      for (let c = 0; c <= seen; c++) sums[columnOf[c]] += a.values[at + c];
      const to = columnOf[target];
      for (let from = 0; from <= to; from++) {
        const weight = sums[from];
        if (weight < FAINTEST || (!withSelf && from === to) || (!withFirst && columns[from].position === 0)) continue;
        edges.push({ layer, from, to, weight });
      }
    }
  }
  edges.sort((x, y) => y.weight - x.weight);
  return { columns, edges, layers: a.layers };
}

/** Edges at or above the threshold, at most MOST_EDGES. */
export function visibleEdges(g: FlowGraph, threshold: number): readonly FlowEdge[] {
  let [low, high] = [0, g.edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (g.edges[middle].weight >= threshold) low = middle + 1;
    else high = middle;
  }
  return g.edges.slice(0, Math.min(low, MOST_EDGES));
}

export const countAbove = (g: FlowGraph, threshold: number): number =>
  g.edges.filter((e) => e.weight >= threshold).length;
