import type { FigureData, VegaLiteSpec } from './figures';
import { curveEncoding } from './line-figure';
import { theme } from './theme';

const FONT = 19;
/** Curves beside one another: three, as in the published legends, unless there are as many rows as columns then. */
const COLUMNS = 3;

/** The legend alone, to stand once above many figures; its letters are as large as those of the axes in print. */
export function legendFigure({ curves }: FigureData): VegaLiteSpec {
  const legend = {
    title: null,
    columns: Math.min(COLUMNS, curves.length),
    labelFontSize: FONT,
    symbolSize: 900,
    symbolStrokeWidth: 3,
    columnPadding: 24,
    rowPadding: 6,
    offset: 0,
    padding: 0,
  };
  const { color, strokeDash } = curveEncoding(curves, legend);
  const config = theme('print');
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `Legend: ${curves.map((c) => c.label).join(', ')}.`,
    width: 1,
    height: 1,
    padding: 4,
    background: 'white',
    data: { values: curves.map(({ label }) => ({ curve: label })) },
    mark: { type: 'line', opacity: 0 },
    encoding: { color, strokeDash },
    config: { ...config, view: { stroke: null } },
  };
}
