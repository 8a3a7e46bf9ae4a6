import type { FigureData, FigurePoint, VegaLiteSpec } from './figure-data';
import { curveEncoding, inLines, legendBelow } from './legend';
import { SIGNIFICANT } from '../statistics/points';
import { SIZES, theme, type Look } from './theme';
import { wrap } from './text-width';

/** More dots than this run into a line of their own. */
const MOST_DOTTED_LAYERS = 20;
/** Letters of a line above the plot, by what fits beside the axis' labels. */
export const [TITLE_LETTERS, CAPTION_LETTERS] = [52, 92];
/** Letters of the horizontal axis' title beside one another. */
const AXIS_LETTERS: Readonly<Record<Look, number>> = { screen: 60, print: 30 };
/** Height of a row of marks above the plot, and of the gap between them. */
const [MARK_ROW, MARK_GAP] = [8, 7];

/** More rows of marks than this would be a figure of their own; the numbers are in the table beside. */
export const MOST_MARKED = 10;

/** What stands on the vertical axis. */
export interface Quantity {
  readonly title: string;
  /** Can it be negative? */
  readonly signed: boolean;
  /** What stands on the horizontal one where a figure does not say it. */
  readonly over: string;
}

/**
 * Where all that is shown lies within a percent, the axis still shows one: rounding must not look like an effect, and
 * nothing at all not like a fault of the axis.
 */
function narrowDomain({ curves }: FigureData, signed: boolean): { scale?: { domain: [number, number] } } {
  const all = curves.flatMap((c) => c.points.flatMap(({ mean, low = mean, high = mean }) => [low, high, mean]));
  const [least, most] = [Math.min(0, ...all), Math.max(0, ...all)];
  if (most - least >= 1) return {};
  return { scale: { domain: signed ? [Math.min(-0.5, least), Math.max(0.5, most)] : [0, 1] } };
}

/** Layers with a tick where -1, the embedding, is one of them: about ten, none so near to another that they touch. */
function layerTicks(last: number): number[] {
  const step = [1, 2, 5, 10, 20].find((size) => (last + 1) / size <= 12) ?? 50;
  const layers = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
  return [-1, ...(step > 1 ? layers.slice(1) : layers)];
}

/** Lines over layers with their bands, and marks above the plot where a change is significant (isMarked). */
export function lineFigure(data: FigureData, quantity: Quantity, look: Look): VegaLiteSpec {
  const { curves, firstLayer = 0, lastLayer, over = 'layer', axis: across = quantity.over, lastApart = false } = data;
  const { width, height, line } = SIZES[look];
  const values = curves.flatMap((c) =>
    c.points.map(({ layer, depth, mean, low, high }) => ({
      ...{ x: over === 'depth' ? depth : layer, mean, low, high, curve: inLines(c.label) },
      spoken: `${c.label}, ${layer < 0 ? 'embedding' : `layer ${layer}`}: ${mean.toFixed(1)}`,
      ...(lastApart && { apart: layer === lastLayer }),
    })),
  );
  const quantitative = 'quantitative' as const;

  const x = {
    field: 'x',
    type: quantitative,
    title: wrap(over === 'layer' ? across : `${across}, relative depth`, AXIS_LETTERS[look]),
    scale: { domain: over === 'layer' ? [firstLayer, Math.max(1, lastLayer)] : [0, 1], nice: false },
    axis: {
      grid: false,
      labelFlush: false,
      ...(over === 'layer' ? { format: 'd', tickMinStep: 1 } : {}),
      ...(firstLayer < 0 && { labelExpr: "datum.value < 0 ? 'emb' : datum.label", values: layerTicks(lastLayer) }),
    },
  };
  const { color, strokeDash } = curveEncoding(curves, look === 'print' ? null : legendBelow(curves));
  const axis = { title: quantity.title, ...narrowDomain(data, quantity.signed) };
  const bands = {
    transform: [{ filter: 'isValid(datum.low) && !datum.apart' }],
    mark: { type: 'area' as const, opacity: 0.18, aria: false },
    encoding: { x, y: { field: 'low', type: quantitative, ...axis }, y2: { field: 'high' }, color },
  };
  const lines = {
    mark: {
      type: 'line' as const,
      strokeWidth: line,
      strokeJoin: 'round' as const,
      point: lastLayer <= MOST_DOTTED_LAYERS ? { size: 18 } : false,
    },
    encoding: {
      ...{ x, y: { field: 'mean', type: quantitative, ...axis }, color, strokeDash },
      description: { field: 'spoken', type: 'nominal' as const },
      ...(lastApart && { detail: { field: 'apart', type: 'nominal' as const } }),
    },
  };
  // A band of one layer has no width, and long curves no dots.
  const apart = { transform: [{ filter: 'datum.apart' }], encoding: lines.encoding };
  const lastPoints = [
    ...(values.some((v) => v.low !== undefined)
      ? [
          {
            transform: [{ filter: 'datum.apart && isValid(datum.low)' }],
            mark: { type: 'rule' as const, strokeWidth: line, opacity: 0.35, aria: false },
            encoding: bands.encoding,
          },
        ]
      : []),
    { ...apart, mark: { type: 'point' as const, filled: true, size: 40, opacity: 1 } },
  ];
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: description(data, quantity.title),
    width,
    height,
    padding: 8,
    background: 'white',
    ...(look === 'print' ? {} : heading(data)),
    data: { values },
    layer: [
      ...(values.some((v) => v.low !== undefined) ? [bands] : []),
      lines,
      ...(lastApart ? lastPoints : []),
      ...markLayers(data, x, look),
    ],
    config: theme(look),
  };
}

/** Means that changed less are not marked, however surely ranks lean: as for outliers, trifles would come first. */
export const LEAST_MARKED = 1;

/** Ranks lean one way for sure, and the mean goes that way too and is no trifle. */
export const isMarked = ({ test, mean }: FigurePoint): boolean =>
  test !== undefined &&
  test.holm < SIGNIFICANT &&
  ((test.direction === 'drop' && mean <= -LEAST_MARKED) || (test.direction === 'rise' && mean >= LEAST_MARKED));

/** A row of small triangles for each curve that has a marked change: down for a drop, up for a rise. */
function markLayers({ curves, over }: FigureData, x: object, look: Look) {
  const marked = curves
    .map((c) => ({
      colour: c.colour,
      values: c.points.filter(isMarked).map(({ layer, depth, test }) => ({
        x: over === 'depth' ? depth : layer,
        shape: test?.direction === 'drop' ? 'triangle-down' : 'triangle-up',
      })),
    }))
    .filter(({ values }) => values.length > 0);
  if (marked.length > MOST_MARKED) return [];
  return marked.map(({ colour, values }, i) => ({
    data: { values },
    mark: {
      type: 'point' as const,
      filled: true,
      size: look === 'print' ? 28 : 22,
      opacity: 1,
      color: colour,
      aria: false,
    },
    encoding: {
      x,
      y: { value: -MARK_GAP - MARK_ROW * (marked.length - 1 - i) },
      shape: { field: 'shape', type: 'nominal' as const, scale: null, legend: null },
    },
  }));
}

export function heading({ title, caption }: FigureData): { title?: { text: string[]; subtitle?: string[] } } {
  if (title === undefined && caption === undefined) return {};
  return {
    title: {
      text: wrap(title ?? '', TITLE_LETTERS),
      ...(caption === undefined
        ? {}
        : { subtitle: caption.split('\n').flatMap((line) => wrap(line, CAPTION_LETTERS)) }),
    },
  };
}

/** For screen readers. */
const description = ({ title, curves, over = 'layer' }: FigureData, axis: string): string =>
  `${title === undefined ? '' : `${title}. `}${axis} by ${over}: ${curves.map((c) => c.label).join(', ')}.`;
