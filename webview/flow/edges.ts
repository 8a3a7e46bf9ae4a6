/** The token-flow graph's edges: attention averaged over heads, image tokens as one column or each. Pure. */
import type { AttentionResult, ExampleInfo, FlowView } from '../../src/protocol/panel';

/** How the image's tokens stand in the graph: one column with their sum or mean, a column each, or not at all. */
export type ImageColumns = FlowView['image'];
/** Which edges: all, or only those that the chosen token reads (`into`) or that others read from it (`from`). */
export type FlowScope = FlowView['scope'];

export interface FlowChoice {
  readonly scope: FlowScope;
  readonly image: ImageColumns;
  /** Position of the chosen token. */
  readonly chosen?: number;
  /** With the prompt's first token, on which many models rest most of their attention. */
  readonly first: boolean;
  /** With what a token reads from itself. */
  readonly self: boolean;
}

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
  /** Attention weight, 0 to 1; of the image column the sum or the mean over its tokens. */
  readonly weight: number;
}
export interface FlowGraph {
  readonly columns: readonly FlowColumn[];
  /** Strongest first. */
  readonly edges: readonly FlowEdge[];
  readonly layers: number;
  /** Column of the chosen token; undefined when none is chosen or it is left out. */
  readonly chosen?: number;
  /** Weight of the strongest edge; drawing is relative to it. 0 without edges. */
  readonly strongest: number;
}

/** Weaker edges between single tokens are not listed when all are shown: there would be millions. */
export const FAINTEST = 0.01;
/** The same for edges of one chosen token and for means over patches, which are few and small. */
export const FAINTEST_FEW = 0.0001;
/** Most edges drawn at once; the strongest. */
export const MOST_EDGES = 4000;

export function flowGraph(a: AttentionResult, example: ExampleInfo, choice: FlowChoice): FlowGraph {
  const { imageStart, imageTokens, tokens } = example;
  const { image, scope } = choice;
  const isImage = (p: number): boolean => p >= imageStart && p < imageStart + imageTokens;
  const columns: FlowColumn[] = [];
  /** By position; -1: left out. */
  const columnOf = new Int32Array(tokens.length).fill(-1);
  for (let p = 0; p < tokens.length; p++) {
    if (isImage(p) && image === 'none') continue;
    const folded = isImage(p) && image !== 'each';
    if (!folded || p === imageStart) columns.push({ position: p, image: folded });
    columnOf[p] = columns.length - 1;
  }
  const chosen = choice.chosen === undefined ? -1 : (columnOf[choice.chosen] ?? -1);
  const edges: FlowEdge[] = [];
  const sums = new Float64Array(columns.length);
  const rows = a.rows.length;
  for (let layer = 0; layer < a.layers; layer++) {
    for (let r = 0; r < rows; r++) {
      const target = a.rows[r];
      const to = columnOf[target];
      if (to < 0 || columns[to].image || (scope === 'into' && to !== chosen)) continue;
      const at = (layer * rows + r) * a.columns;
      sums.fill(0);
      const seen = Math.min(target, tokens.length - 1, a.columns - 1);
      for (let c = 0; c <= seen; c++) if (columnOf[c] >= 0) sums[columnOf[c]] += a.values[at + c];
      for (let from = 0; from <= to; from++) {
        if (scope === 'from' && from !== chosen) continue;
        const mean = columns[from].image && image === 'mean';
        const weight = mean ? sums[from] / imageTokens : sums[from];
        if (weight < (mean || scope !== 'all' ? FAINTEST_FEW : FAINTEST)) continue;
        if ((!choice.self && from === to) || (!choice.first && columns[from].position === 0)) continue;
        edges.push({ layer, from, to, weight });
      }
    }
  }
  edges.sort((x, y) => y.weight - x.weight);
  return {
    columns,
    edges,
    layers: a.layers,
    strongest: edges[0]?.weight ?? 0,
    ...(chosen >= 0 && { chosen }),
  };
}

/** Edges at or above the threshold, at most MOST_EDGES. */
export const visibleEdges = (g: FlowGraph, threshold: number): readonly FlowEdge[] =>
  g.edges.slice(0, Math.min(countAbove(g, threshold), MOST_EDGES));

export function countAbove(g: FlowGraph, threshold: number): number {
  let [low, high] = [0, g.edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (g.edges[middle].weight >= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}
