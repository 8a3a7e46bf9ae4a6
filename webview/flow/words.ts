/** What the token-flow graph shows and how it is normalised, in words. */
import { largestChange, type ExampleInfo } from '../../src/protocol/panel';
import type { LiveCurve } from '../model/state';
import { change, count, imageTokenName, knockoutWords, percent, plural, tokenText, weight } from '../model/words';
import { countAbove, FAINTEST, MOST_EDGES, type FlowChoice, type FlowEdge, type FlowGraph } from './edges';

export function columnName(g: FlowGraph, example: ExampleInfo, column: number): string {
  const { position, image } = g.columns[column];
  if (image) return `the image (${plural(example.imageTokens, 'patch', 'patches')})`;
  return positionName(example, position);
}

const shortName = (g: FlowGraph, example: ExampleInfo, column: number): string => {
  const { position, image } = g.columns[column];
  return image ? 'the image' : `“${tokenText(example.tokens[position].text)}”`;
};

const positionName = (example: ExampleInfo, position: number): string => {
  const patch = position - example.imageStart;
  if (patch >= 0 && patch < example.imageTokens) return imageTokenName(example, patch);
  return `“${tokenText(example.tokens[position].text)}” (${position})`;
};

export function edgeWords(g: FlowGraph, example: ExampleInfo, choice: FlowChoice, e: FlowEdge): string {
  const from = columnName(g, example, e.from);
  const mean = g.columns[e.from].image && choice.image === 'mean';
  const share = mean ? `a mean ${weight(e.weight)}` : weight(e.weight);
  const of = mean ? `each patch of ${from}` : from;
  const path =
    choice.scope === 'paths' && g.chosen !== undefined && e.to !== g.chosen
      ? ` On the best path to ${columnName(g, example, g.chosen)}: ${weight(e.strength)}.`
      : '';
  return `Layer ${e.layer}: ${columnName(g, example, e.to)} takes ${share} of its attention from ${of}.${path}`;
}

/**
 * One sentence that keeps people from reading a weight as a cause; with the strongest edge that a curve knows, where
 * there is one.
 */
export function notEffect(
  g: FlowGraph,
  edges: readonly FlowEdge[],
  example: ExampleInfo,
  curves: readonly LiveCurve[],
): string {
  for (const e of edges) {
    const curve = curves.find((c) => blocks(c, g, example, e));
    const most = curve && largestChange(curve.change);
    if (!curve || !most) continue;
    return `Attention is not effect: ${shortName(g, example, e.to)} takes ${weight(e.weight)} of its attention from ${shortName(g, example, e.from)} in layer ${e.layer}, and blocking ${knockoutWords(curve.knockout)} changes the answer by ${change(most.change)} at the most.`;
  }
  return 'Attention is not effect: a thick line need not matter to the answer. Block an edge to see what it does.';
}

/** Is the edge exactly what this knockout blocks? */
function blocks({ knockout: k }: LiveCurve, g: FlowGraph, example: ExampleInfo, e: FlowEdge): boolean {
  if (k.kind !== 'edge' || k.heads) return false;
  const [from, to] = [example.sets[k.from], example.sets[k.to]];
  const { position, image } = g.columns[e.from];
  if (to?.length !== 1 || to[0] !== g.columns[e.to].position) return false;
  return image
    ? from?.length === example.imageTokens && from[0] === position
    : from?.length === 1 && from[0] === position;
}

export function flowWords(
  g: FlowGraph,
  example: ExampleInfo,
  choice: FlowChoice,
  view: {
    readonly heads: number;
    readonly threshold: number;
    /** Edges with an end in the part of the drawing that is seen; left out: all. */
    readonly seen?: number;
  },
): string {
  const above = countAbove(g, view.threshold);
  const drawn = Math.min(above, MOST_EDGES);
  const number =
    above > MOST_EDGES ? `the strongest ${count(MOST_EDGES)} of ${count(above)} edges` : plural(above, 'edge');
  const seen = view.seen === undefined || view.seen >= drawn ? '' : `, ${count(view.seen)} of them in sight`;
  const left = [
    ...(choice.system ? [] : ['what stands before the image']),
    ...(choice.first ? [] : ['what is read from the first token']),
    ...(choice.self ? [] : ['from a token itself']),
    ...(choice.image === 'none' ? ['from the image'] : []),
  ];
  return [
    `Attention weights, ${view.heads === 1 ? 'the only head' : `mean of ${view.heads} heads`}: ${number} of at least ${percent(view.threshold)}${seen}${scopeWords(g, example, choice)}.`,
    imageWords(example, choice),
    left.length > 0 ? `Left out: ${left.join(', ')}.` : '',
    (choice.scope === 'all' || choice.scope === 'paths') && view.threshold < FAINTEST
      ? `Edges between single tokens are listed from ${percent(FAINTEST)} on.`
      : '',
    g.strongest > 0
      ? `Weights are not rescaled; thickness is relative to the strongest edge, ${percent(g.strongest)}.`
      : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function scopeWords(g: FlowGraph, example: ExampleInfo, { scope, chosen }: FlowChoice): string {
  if (scope === 'all' || chosen === undefined) return '';
  const name = g.chosen === undefined ? positionName(example, chosen) : columnName(g, example, g.chosen);
  if (g.chosen === undefined) return `; the chosen token, ${name}, is left out`;
  if (scope !== 'from' && chosen >= example.imageStart && chosen < example.imageStart + example.imageTokens)
    return `; what ${name} reads is not part of the graph, whose targets are text tokens`;
  if (scope === 'paths') return ` on a path to the chosen token ${name}, multiplied along the path`;
  return scope === 'into' ? `, read by the chosen token ${name}` : `, read from the chosen token ${name}`;
}

function imageWords(example: ExampleInfo, { image }: FlowChoice): string {
  const all = plural(example.imageTokens, 'patch', 'patches');
  if (image === 'sum') return `The image column is the sum over all ${all}, so it outweighs single tokens.`;
  if (image === 'mean') return `The image column is the mean over all ${all}, comparable with single tokens.`;
  return '';
}
