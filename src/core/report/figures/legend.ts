import type { FigureCurve, FigureData, VegaLiteSpec } from './figure-data';
import { LEGEND_FONT, SIZES, theme } from './theme';
import { wrap } from './text-width';

/** Width of an average letter in its font size; of a curve's line and the gap to the next, in pixels. */
const [LETTER, LINE_AND_GAP] = [0.58, 50];
/** Three curves beside one another at most, as in the published legends. */
const MOST_COLUMNS = 3;
/** A longer label goes on in the next line, so that no name makes a picture wide. */
const MOST_LETTERS = 68;
/** Of a legend that stands alone: as large as the letters of axes in print. */
const [ALONE_FONT, ALONE_WIDTH] = [19, 1250];

/** A curve's name as the legend shows it, in lines. */
export const inLines = (label: string): string => wrap(label, MOST_LETTERS).join('\n');

/** As many curves beside each other as fit. */
function columns(curves: readonly FigureCurve[], width: number, font: number): number {
  const longest = Math.max(...curves.map((c) => Math.min(c.label.length, MOST_LETTERS)), 1);
  const fitting = Math.floor(width / (longest * font * LETTER + LINE_AND_GAP));
  return Math.max(1, Math.min(MOST_COLUMNS, fitting, curves.length));
}

/** Colour and dashes by the field `curve`, which is inLines(); the legend, where there is one, shows both. */
export function curveEncoding(curves: readonly FigureCurve[], options: object | null) {
  const domain = curves.map((c) => inLines(c.label));
  const legend = options && { title: null, labelExpr: "split(datum.label, '\\n')", ...options };
  const encode = <T>(range: T[]) => ({
    field: 'curve',
    type: 'nominal' as const,
    scale: { domain, range },
    legend,
  });
  return { color: encode(curves.map((c) => c.colour)), strokeDash: encode(curves.map((c) => [...c.dash])) };
}

/** The legend under a figure, as wide as plot and axis. */
export const legendBelow = (curves: readonly FigureCurve[]): object => ({
  columns: columns(curves, SIZES.screen.width + 60, LEGEND_FONT),
});

/** The legend alone, to stand once above many figures. */
export function legendFigure({ curves }: FigureData): VegaLiteSpec {
  const options = {
    columns: columns(curves, ALONE_WIDTH, ALONE_FONT),
    labelFontSize: ALONE_FONT,
    symbolSize: 900,
    symbolStrokeWidth: 3,
    columnPadding: 24,
    rowPadding: 6,
    offset: 0,
    padding: 0,
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `Legend: ${curves.map((c) => c.label).join(', ')}.`,
    width: 1,
    height: 1,
    padding: 4,
    background: 'white',
    data: { values: curves.map(({ label }) => ({ curve: inLines(label) })) },
    mark: { type: 'line', opacity: 0, aria: false },
    encoding: curveEncoding(curves, options),
    config: { ...theme('print'), view: { stroke: null } },
  };
}
