/** Figures as Vega-Lite specs: pure functions of the numbers they show. */
import type { TopLevelSpec } from 'vega-lite';
import type { Curve, LensResult } from '../engine/types';
import { WORD_KINDS, type WordKind } from '../dataset/words';
import { FONT_FAMILY } from './fonts';
import { curveStyles, type CurveStyle } from './labels';
import type { MeanInterval } from './statistics';

export type VegaLiteSpec = TopLevelSpec;

export interface FigurePoint extends Partial<MeanInterval> {
  readonly layer: number;
  readonly mean: number;
}

export interface FigureCurve extends Pick<CurveStyle, 'label' | 'colour' | 'dash'> {
  readonly points: readonly FigurePoint[];
}

export interface FigureData {
  readonly title?: string;
  /** What the band is and how many questions there are; stands under the title. */
  readonly caption?: string;
  /** In the order of the legend. */
  readonly curves: readonly FigureCurve[];
  /** Layers on the horizontal axis run from 0 to this. */
  readonly lastLayer: number;
}

/** One curve per knockout: change of the answer's probability over the window's centre layer. */
export function knockoutFigure(data: FigureData): VegaLiteSpec {
  return lineFigure(data, 'Change in probability (%)');
}

/** One curve per word: its probability in percent after each layer (row 0 is the embedding). */
export function lensFigure(data: FigureData): VegaLiteSpec {
  return lineFigure(data, 'Probability (%)');
}

/** The knockout curves of a single question. */
export function exampleKnockouts(curves: readonly Curve[], title?: string): FigureData {
  const styles = curveStyles(curves.map((c) => c.knockout));
  return {
    ...(title === undefined ? {} : { title }),
    curves: curves.map((c, i) => ({ ...styles[i], points: c.change.map((mean, layer) => ({ layer, mean })) })),
    lastLayer: Math.max(0, ...curves.map((c) => c.change.length - 1)),
  };
}

/** The lens curves of a single question. */
export function exampleLens(lens: LensResult, norm: 'withNorm' | 'withoutNorm', title?: string): FigureData {
  const words = Object.entries(lens[norm]);
  return {
    ...(title === undefined ? {} : { title }),
    caption: norm === 'withNorm' ? 'through the final norm' : 'without the final norm',
    curves: words.map(([label, values], i) => ({
      label,
      ...WORD_STYLES[i % WORD_STYLES.length],
      points: values.map((p, layer) => ({ layer, mean: 100 * p })),
    })),
    lastLayer: Math.max(0, ...words.map(([, values]) => values.length - 1)),
  };
}

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

/** Size of the plotting area in CSS pixels (1/96 inch); with labels and legend about a column of a journal's page. */
const [WIDTH, HEIGHT] = [440, 300];
const LEGEND_FONT = 11;
/** As many curves beside each other in the legend as fit under plot and axis: 0.58 em a letter, the line, the gap. */
const legendColumns = (labels: readonly string[]): number => {
  const longest = Math.max(...labels.map((l) => l.length), 1);
  return Math.max(1, Math.min(3, Math.floor((WIDTH + 60) / (longest * LEGEND_FONT * 0.58 + 50))));
};
/** More dots than this run into a line of their own. */
const MOST_DOTTED_LAYERS = 20;

function lineFigure(data: FigureData, title: string): VegaLiteSpec {
  const { curves, lastLayer } = data;
  const labels = curves.map((c) => c.label);
  const values = curves.flatMap((c) => c.points.map((p) => ({ ...p, curve: c.label })));
  const quantitative = 'quantitative' as const;
  const nominal = 'nominal' as const;
  const legend = { title: null, columns: legendColumns(labels) };
  const x = {
    field: 'layer',
    type: quantitative,
    title: 'Layer',
    scale: { domain: [0, Math.max(1, lastLayer)], nice: false },
    axis: { format: 'd', tickMinStep: 1, grid: false, labelFlush: false },
  };
  const color = {
    field: 'curve',
    type: nominal,
    scale: { domain: labels, range: curves.map((c) => c.colour) },
    legend,
  };
  const strokeDash = {
    field: 'curve',
    type: nominal,
    scale: { domain: labels, range: curves.map((c) => [...c.dash]) },
    legend,
  };
  const bands = {
    transform: [{ filter: 'isValid(datum.low)' }],
    mark: { type: 'area' as const, opacity: 0.18 },
    encoding: { x, y: { field: 'low', type: quantitative, title }, y2: { field: 'high' }, color },
  };
  const lines = {
    mark: {
      type: 'line' as const,
      strokeWidth: 2.25,
      strokeJoin: 'round' as const,
      point: lastLayer <= MOST_DOTTED_LAYERS ? { size: 18 } : false,
    },
    encoding: { x, y: { field: 'mean', type: quantitative, title }, color, strokeDash },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: description(data, title),
    width: WIDTH,
    height: HEIGHT,
    padding: 8,
    background: 'white',
    ...heading(data),
    data: { values },
    layer: values.some((v) => v.low !== undefined) ? [bands, lines] : [lines],
    config: CONFIG,
  };
}

const CONFIG: VegaLiteSpec['config'] = {
  font: FONT_FAMILY,
  axis: {
    labelFontSize: 12,
    titleFontSize: 14,
    titleFontWeight: 'normal',
    titlePadding: 8,
    gridColor: '#e4e4e4',
    domainColor: '#444',
    tickColor: '#444',
  },
  legend: {
    orient: 'bottom',
    direction: 'vertical',
    offset: 10,
    labelFontSize: LEGEND_FONT,
    labelLimit: 0,
    rowPadding: 2,
    columnPadding: 14,
    symbolType: 'stroke',
    symbolSize: 300,
    symbolStrokeWidth: 2.5,
    // Or the lines in the legend would be as faint as the bands.
    symbolOpacity: 1,
  },
  title: {
    fontSize: 14,
    fontWeight: 'bold',
    subtitleFontSize: 11,
    subtitleColor: '#444',
    subtitlePadding: 4,
    anchor: 'start',
    offset: 10,
  },
  view: { stroke: '#bbb' },
};

function heading({ title, caption }: FigureData): { title?: { text: string; subtitle?: string } } {
  if (title === undefined && caption === undefined) return {};
  return { title: { text: title ?? '', ...(caption === undefined ? {} : { subtitle: caption }) } };
}

/** For screen readers. */
const description = ({ title, curves }: FigureData, axis: string): string =>
  `${title === undefined ? '' : `${title}. `}${axis} by layer: ${curves.map((c) => c.label).join(', ')}.`;
