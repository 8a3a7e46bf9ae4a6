/** The token-flow graph's edges: attention averaged over heads, image tokens as one column or each. Pure. */
import type { AttentionResult, ExampleInfo, FlowView } from '../../src/protocol/panel';

/** How the image's tokens stand in the graph: one column with their sum or mean, a column each, or not at all. */
export type ImageColumns = FlowView['image'];
/**
 * Which edges: those on a path to the chosen token, those that it reads itself (`into`), those that others read from it
 * (`from`), or all.
 */
export type FlowScope = FlowView['scope'];

export interface FlowChoice {
  readonly scope: FlowScope;
  readonly image: ImageColumns;
  /** Position of the chosen token. */
  readonly chosen?: number;
  /** With what stands before the image. */
  readonly system: boolean;
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
  /**
   * What the drawing and the threshold go by. On paths: the weight times the weights of the best path from `to` on to the
   * chosen token at the last level (1 where a token is passed on unread); else the weight itself.
   */
  readonly strength: number;
}
export interface FlowGraph {
  readonly columns: readonly FlowColumn[];
  /** Strongest first. */
  readonly edges: readonly FlowEdge[];
  readonly layers: number;
  /** Column of the chosen token; undefined when none is chosen or it is left out. */
  readonly chosen?: number;
  /** Strength of the strongest edge; drawing is relative to it. 0 without edges. */
  readonly strongest: number;
}

/** Weaker edges between single tokens are not listed when those of many tokens are shown: there would be millions. */
export const FAINTEST = 0.01;
/** The same for edges of one chosen token and for means over patches, which are few and small. */
export const FAINTEST_FEW = 0.0001;
/** Most edges drawn at once; the strongest. */
export const MOST_EDGES = 4000;

export function flowGraph(a: AttentionResult, example: ExampleInfo, choice: FlowChoice): FlowGraph {
  const { imageTokens, tokens } = example;
  const { image, scope } = choice;
  const { columns, columnOf } = columnsOf(example, choice);
  const chosen = choice.chosen === undefined ? -1 : (columnOf[choice.chosen] ?? -1);
  const edges: FlowEdge[] = [];
  const sums = new Float64Array(columns.length);
  const rows = a.rows.length;
  /** How strongly the best path leads from a column's next level to the chosen token at the last one. */
  let reach = new Float64Array(columns.length);
  if (chosen >= 0) reach[chosen] = 1;
  for (let layer = a.layers - 1; layer >= 0; layer--) {
    const below = reach.slice();
    for (let r = 0; r < rows; r++) {
      const target = a.rows[r];
      const to = columnOf[target];
      if (to < 0 || columns[to].image || (scope === 'into' && to !== chosen)) continue;
      if (scope === 'paths' && reach[to] < FAINTEST_FEW) continue;
      const at = (layer * rows + r) * a.columns;
      sums.fill(0);
      const seen = Math.min(target, tokens.length - 1, a.columns - 1);
      for (let c = 0; c <= seen; c++) if (columnOf[c] >= 0) sums[columnOf[c]] += a.values[at + c];
      for (let from = 0; from <= to; from++) {
        if (scope === 'from' && from !== chosen) continue;
        const mean = columns[from].image && image === 'mean';
        const weight = mean ? sums[from] / imageTokens : sums[from];
        const few = mean || scope === 'into' || scope === 'from' || to === chosen;
        if (weight < (few ? FAINTEST_FEW : FAINTEST)) continue;
        if ((!choice.self && from === to) || (!choice.first && columns[from].position === 0)) continue;
        const strength = scope === 'paths' ? weight * reach[to] : weight;
        if (strength < FAINTEST_FEW) continue;
        edges.push({ layer, from, to, weight, strength });
        if (strength > below[from]) below[from] = strength;
      }
    }
    reach = below;
  }
  edges.sort((x, y) => y.strength - x.strength);
  return {
    columns,
    edges,
    layers: a.layers,
    strongest: edges[0]?.strength ?? 0,
    ...(chosen >= 0 && { chosen }),
  };
}

/** The graph's columns, and for each position its column; -1: left out. */
function columnsOf(
  example: ExampleInfo,
  { image, system }: FlowChoice,
): { columns: readonly FlowColumn[]; columnOf: Int32Array } {
  const { imageStart, imageTokens, tokens } = example;
  const isImage = (p: number): boolean => p >= imageStart && p < imageStart + imageTokens;
  const columns: FlowColumn[] = [];
  const columnOf = new Int32Array(tokens.length).fill(-1);
  for (let p = system ? 0 : imageStart; p < tokens.length; p++) {
    if (isImage(p) && image === 'none') continue;
    const folded = isImage(p) && image !== 'each';
    if (!folded || p === imageStart) columns.push({ position: p, image: folded });
    columnOf[p] = columns.length - 1;
  }
  return { columns, columnOf };
}

/** Edges at or above the threshold, at most MOST_EDGES. */
export const visibleEdges = (g: FlowGraph, threshold: number): readonly FlowEdge[] =>
  g.edges.slice(0, Math.min(countAbove(g, threshold), MOST_EDGES));

export function countAbove(g: FlowGraph, threshold: number): number {
  let [low, high] = [0, g.edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (g.edges[middle].strength >= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}
