import type { FigureCurve, FigureData, FigurePoint, VegaLiteSpec } from './figures';
import { SIGNIFICANT } from './statistics';
import { LEGEND_FONT, SIZES, theme, type Look } from './theme';
import { wrap } from './wrap';

/** As many curves beside each other in the legend as fit under plot and axis: 0.58 em a letter, the line, the gap. */
export const legendColumns = (labels: readonly string[], width = SIZES.screen.width + 60): number => {
  const longest = Math.max(...labels.map((l) => l.length), 1);
  return Math.max(1, Math.min(3, Math.floor(width / (longest * LEGEND_FONT * 0.58 + 50))));
};
/** More dots than this run into a line of their own. */
const MOST_DOTTED_LAYERS = 20;
/** Letters of a line above the plot, by what fits beside the axis' labels. */
export const [TITLE_LETTERS, CAPTION_LETTERS] = [52, 92];
/** Height of a row of marks above the plot, and of the gap between them. */
const [MARK_ROW, MARK_GAP] = [8, 7];

/** More rows of marks than this would be a figure of their own; the numbers are in the table beside. */
export const MOST_MARKED = 10;

/** Colour and dashes by curve; the legend, where there is one, shows both. */
export function curveEncoding(curves: readonly FigureCurve[], legend: object | null) {
  const domain = curves.map((c) => c.label);
  const encode = <T>(range: T[]) => ({
    field: 'curve',
    type: 'nominal' as const,
    scale: { domain, range },
    legend,
  });
  return { color: encode(curves.map((c) => c.colour)), strokeDash: encode(curves.map((c) => [...c.dash])) };
}

/** Lines over layers with their bands, and marks above the plot where a change is significant. */
export function lineFigure(data: FigureData, yTitle: string, look: Look): VegaLiteSpec {
  const { curves, lastLayer, over = 'layer' } = data;
  const { width, height, line } = SIZES[look];
  const labels = curves.map((c) => c.label);
  const values = curves.flatMap((c) =>
    c.points.map(({ layer, depth, mean, low, high }) => ({
      ...{ x: depth ?? layer, mean, low, high, curve: c.label },
      spoken: `${c.label}, layer ${layer}: ${mean.toFixed(1)}`,
    })),
  );
  const quantitative = 'quantitative' as const;
  const legend = look === 'print' ? null : { title: null, columns: legendColumns(labels) };
  const x = {
    field: 'x',
    type: quantitative,
    title: over === 'layer' ? 'Layer' : 'Relative depth',
    scale: { domain: [0, over === 'layer' ? Math.max(1, lastLayer) : 1], nice: false },
    axis: { grid: false, labelFlush: false, ...(over === 'layer' ? { format: 'd', tickMinStep: 1 } : {}) },
  };
  const { color, strokeDash } = curveEncoding(curves, legend);
  const axis = { title: yTitle };
  const bands = {
    transform: [{ filter: 'isValid(datum.low)' }],
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
    },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: description(data, yTitle),
    width,
    height,
    padding: 8,
    background: 'white',
    ...(look === 'print' ? {} : heading(data)),
    data: { values },
    layer: [...(values.some((v) => v.low !== undefined) ? [bands] : []), lines, ...markLayers(curves, x, look)],
    config: theme(look),
  };
}

export const isSignificant = ({ test }: FigurePoint): boolean =>
  test !== undefined && test.holm < SIGNIFICANT && test.direction !== 'none';

/** A row of small triangles for each curve that has a significant change: down for a drop, up for a rise. */
function markLayers(curves: readonly FigureCurve[], x: object, look: Look) {
  const marked = curves
    .map((c) => ({
      colour: c.colour,
      values: c.points.filter(isSignificant).map(({ layer, depth, test }) => ({
        x: depth ?? layer,
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
