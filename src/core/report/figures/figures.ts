/** Figures as Vega-Lite specs: pure functions of the numbers they show. */
import type { Curve, LensResult } from '../../engine/types';
import { WORD_KINDS, type WordKind } from '../../dataset/lens-words';
import type { Knockout } from '../../experiment/types';
import { panelLook, panelStyles, type CurveStyle } from './labels';
import type { FigureData, VegaLiteSpec } from './figure-data';
import { lineFigure } from './line-figure';
import type { Look } from './theme';

export const CHANGE = 'Change in probability (%)';
const PROBABILITY = 'Probability (%)';

/** What stands under the horizontal axis: a layer of one figure is not always that of the figure beside it. */
export const CENTRE_LAYER = 'Centre layer';
/** Of the lens: row 3 is what layer 2 left behind. */
const ROW = 'Residual row (0 = embedding)';
/** The same rows by the layer that left them behind, as the panel numbers them. */
const LEFT_BY = 'After layer (emb: the embedding)';
/** Of prune, whose curves are called `Image dropped after`. */
const AFTER_LAYER = 'After layer';
const BOTH = 'Centre layer (dropped: after layer)';

/** Left out where a curve of each knockout is over its window's centre layer. */
export function layerAxis(knockouts: readonly Knockout[]): Pick<FigureData, 'axis'> {
  const prunes = knockouts.filter((k) => k.kind === 'prune').length;
  return prunes === 0 ? {} : { axis: prunes === knockouts.length ? AFTER_LAYER : BOTH };
}

/** One curve per knockout: change of the answer's probability over the window's centre layer. */
export function knockoutFigure(data: FigureData, look: Look = 'screen'): VegaLiteSpec {
  return lineFigure(data, { title: CHANGE, signed: true, over: CENTRE_LAYER }, look);
}

/** One curve per word: its probability in percent after each layer (row 0 is the embedding). */
export function lensFigure(data: FigureData, look: Look = 'screen'): VegaLiteSpec {
  return lineFigure(data, { title: PROBABILITY, signed: false, over: ROW }, look);
}

/**
 * The knockout curves of a single question, as the panel shows them.
 * @param looks of the curves; left out: in their order
 */
export function exampleKnockouts(
  curves: readonly Curve[],
  {
    title,
    caption,
    looks = curves.map((_, i) => i),
  }: { title?: string; caption?: string; looks?: readonly number[] } = {},
): FigureData {
  const knockouts = curves.map((c) => c.knockout);
  const styles = panelStyles(knockouts, looks);
  return {
    ...(title === undefined ? {} : { title }),
    ...(caption === undefined ? {} : { caption }),
    curves: curves.map((c, i) => ({ ...styles[i], points: c.change.map((mean, layer) => ({ layer, mean })) })),
    lastLayer: Math.max(0, ...curves.map((c) => c.change.length - 1)),
    ...layerAxis(knockouts),
  };
}

/** The lens curves of a single question, as the panel shows them: row 0 of a lens is the embedding, row l + 1 what layer l left.
 * `answer`: the word that is there for being the model's own answer. */
export function exampleLens(
  lens: LensResult,
  norm: 'withNorm' | 'withoutNorm',
  { title, caption = '', answer }: { title?: string; caption?: string; answer?: string } = {},
): FigureData {
  const words = Object.entries(lens[norm]);
  return {
    ...(title === undefined ? {} : { title }),
    caption: [caption, norm === 'withNorm' ? WITH_NORM : WITHOUT_NORM].filter(Boolean).join('\n'),
    curves: words.map(([label, values], i) => ({
      label: label === answer ? `${label} (the answer)` : label,
      ...panelLook(i),
      points: values.map((p, row) => ({ layer: row - 1, mean: 100 * p })),
    })),
    firstLayer: -1,
    lastLayer: Math.max(0, ...words.map(([, values]) => values.length - 2)),
    axis: LEFT_BY,
    lastApart: norm === 'withoutNorm',
  };
}

/** The last row is what the model itself reads, after the final norm, in both (as published). */
export const WITH_NORM = 'through the final norm';
export const WITHOUT_NORM = 'without the final norm, but for the last row, which has gone through it';

/** Warm for small letters, cold for capitals, strong for the answer, as in the published lens figures. */
const WORD_STYLES: readonly Pick<CurveStyle, 'colour' | 'dash'>[] = [
  { colour: '#D55E00', dash: [] },
  { colour: '#0072B2', dash: [] },
  { colour: '#E69F00', dash: [5, 3] },
  { colour: '#56B4E9', dash: [5, 3] },
  { colour: '#009E73', dash: [2, 2] },
  { colour: '#CC79A7', dash: [2, 2] },
];
export const wordStyle = (kind: WordKind): Pick<CurveStyle, 'colour' | 'dash'> => WORD_STYLES[WORD_KINDS.indexOf(kind)];
