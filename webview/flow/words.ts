/** What the token-flow graph shows and how it is normalised, in words. */
import type { ExampleInfo } from '../../src/protocol/panel';
import { count, imageTokenName, percent, plural, tokenText, weight } from '../model/words';
import { countAbove, FAINTEST, MOST_EDGES, type FlowChoice, type FlowEdge, type FlowGraph } from './edges';

export function columnName(g: FlowGraph, example: ExampleInfo, column: number): string {
  const { position, image } = g.columns[column];
  if (image) return `the image (${plural(example.imageTokens, 'patch', 'patches')})`;
  return positionName(example, position);
}

const positionName = (example: ExampleInfo, position: number): string => {
  const patch = position - example.imageStart;
  if (patch >= 0 && patch < example.imageTokens) return imageTokenName(example, patch);
  return `“${tokenText(example.tokens[position].text)}” (${position})`;
};

export function edgeWords(g: FlowGraph, example: ExampleInfo, choice: FlowChoice, e: FlowEdge): string {
  const from = columnName(g, example, e.from);
  const share = g.columns[e.from].image && choice.image === 'mean' ? `a mean ${weight(e.weight)}` : weight(e.weight);
  const of = g.columns[e.from].image && choice.image === 'mean' ? `each patch of ${from}` : from;
  return `Layer ${e.layer}: ${columnName(g, example, e.to)} takes ${share} of its attention from ${of}.`;
}

export function flowWords(
  g: FlowGraph,
  example: ExampleInfo,
  choice: FlowChoice,
  view: { readonly heads: number; readonly threshold: number },
): string {
  const above = countAbove(g, view.threshold);
  const number =
    above > MOST_EDGES ? `the strongest ${count(MOST_EDGES)} of ${count(above)} edges` : plural(above, 'edge');
  const left = [
    ...(choice.first ? [] : ['what is read from the first token']),
    ...(choice.self ? [] : ['from a token itself']),
    ...(choice.image === 'none' ? ['from the image'] : []),
  ];
  return [
    `Attention weights, ${view.heads === 1 ? 'the only head' : `mean of ${view.heads} heads`}: ${number} of at least ${percent(view.threshold)}${scopeWords(g, example, choice)}.`,
    imageWords(example, choice),
    left.length > 0 ? `Left out: ${left.join(', ')}.` : '',
    choice.scope === 'all' && view.threshold < FAINTEST
      ? `Edges between single tokens are listed from ${percent(FAINTEST)} on.`
      : '',
    g.strongest > 0
      ? `Weights are not rescaled; thickness and strength are relative to the strongest edge, ${percent(g.strongest)}.`
      : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function scopeWords(g: FlowGraph, example: ExampleInfo, { scope, chosen }: FlowChoice): string {
  if (scope === 'all' || chosen === undefined) return '';
  const into = scope === 'into';
  const name = g.chosen === undefined ? positionName(example, chosen) : columnName(g, example, g.chosen);
  if (g.chosen === undefined) return `; the chosen token, ${name}, is left out with the image`;
  if (into && chosen >= example.imageStart && chosen < example.imageStart + example.imageTokens)
    return `; what ${name} reads is not part of the graph, whose targets are text tokens`;
  return into ? `, read by the chosen token ${name}` : `, read from the chosen token ${name}`;
}

function imageWords(example: ExampleInfo, { image }: FlowChoice): string {
  const all = plural(example.imageTokens, 'patch', 'patches');
  if (image === 'sum') return `The image column is the sum over all ${all}, so it outweighs single tokens.`;
  if (image === 'mean') return `The image column is the mean over all ${all}, comparable with single tokens.`;
  return '';
}
