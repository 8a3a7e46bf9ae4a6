/** Figures as Vega-Lite specs: pure functions of the numbers they show. */
import type { TopLevelSpec } from 'vega-lite';
import type { Curve, LensResult } from '../../engine/types';
import { WORD_KINDS, type WordKind } from '../../dataset/words';
import type { Knockout } from '../../experiment/types';
import { curveStyles, type CurveStyle } from './labels';
import { lineFigure } from './line-figure';
import type { LayerPoint } from '../statistics';
import type { Look } from './theme';

export type VegaLiteSpec = TopLevelSpec;

export interface FigurePoint extends Omit<LayerPoint, 'n'> {
  /** Left out: a single question. */
  readonly n?: number;
  /** layer / (layers - 1), where figures are over depth. */
  readonly depth?: number;
}

export interface FigureCurve extends Pick<CurveStyle, 'label' | 'colour' | 'dash'> {
  readonly points: readonly FigurePoint[];
}

export interface FigureData {
  readonly title?: string;
  /** What the band is and how many questions there are, in lines; stands under the title. */
  readonly caption?: string;
  /** In the order of the legend. */
  readonly curves: readonly FigureCurve[];
  /** Layers on the horizontal axis run from 0 to this. */
  readonly lastLayer: number;
  /** Left out: layer. */
  readonly over?: 'layer' | 'depth';
  /** What a layer on the horizontal axis is; left out: the window's centre layer, or the lens' row. */
  readonly axis?: string;
  /** The last point is of another kind than those before it, and no line leads there. */
  readonly lastApart?: boolean;
}

export const CHANGE = 'Change in probability (%)';
const PROBABILITY = 'Probability (%)';

/** What stands under the horizontal axis: a layer of one figure is not always that of the figure beside it. */
export const CENTRE_LAYER = 'Centre layer';
/** Of the lens: row 3 is what layer 2 left behind. */
const ROW = 'Residual row (0 = embedding)';
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

/** The knockout curves of a single question. */
export function exampleKnockouts(curves: readonly Curve[], title?: string, caption?: string): FigureData {
  const styles = curveStyles(curves.map((c) => c.knockout));
  return {
    ...(title === undefined ? {} : { title }),
    ...(caption === undefined ? {} : { caption }),
    curves: curves.map((c, i) => ({ ...styles[i], points: c.change.map((mean, layer) => ({ layer, mean })) })),
    lastLayer: Math.max(0, ...curves.map((c) => c.change.length - 1)),
    ...layerAxis(curves.map((c) => c.knockout)),
  };
}

/** The lens curves of a single question. */
export function exampleLens(
  lens: LensResult,
  norm: 'withNorm' | 'withoutNorm',
  title?: string,
  caption = '',
): FigureData {
  const words = Object.entries(lens[norm]);
  return {
    ...(title === undefined ? {} : { title }),
    caption: [caption, norm === 'withNorm' ? WITH_NORM : WITHOUT_NORM].filter(Boolean).join('\n'),
    curves: words.map(([label, values], i) => ({
      label,
      ...WORD_STYLES[i % WORD_STYLES.length],
      points: values.map((p, layer) => ({ layer, mean: 100 * p })),
    })),
    lastLayer: Math.max(0, ...words.map(([, values]) => values.length - 1)),
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
