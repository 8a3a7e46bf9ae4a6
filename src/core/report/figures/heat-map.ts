import type { FigureData, VegaLiteSpec } from './figure-data';
import { CENTRE_LAYER, CHANGE } from './figures';
import { heading } from './line-figure';
import { SIZES, theme, type Look } from './theme';

/** Up to so many layers each cell has room for its number. */
const MOST_NUMBERED = 12;
const ROW = 34;
/** Share of the largest change from which letters are white. */
const DARK = 0.62;

/**
 * Layers across, window sizes upward, a colour for the mean change: red where the answer loses, blue where it gains,
 * white for no change, as far one way as the other. Red and blue are told apart with any common colour vision.
 *
 * @param data one curve for each window; its label names the row
 */
export function heatMap(data: FigureData, look: Look = 'screen'): VegaLiteSpec {
  const { curves, lastLayer } = data;
  const { width, label } = SIZES[look];
  const values = curves.flatMap((c) => c.points.map(({ layer, mean }) => ({ layer, mean, window: c.label })));
  const largest = niceEnd(Math.max(...values.map((v) => Math.abs(v.mean)), 0));
  const step = lastLayer <= 16 ? 1 : 5;
  const ordinal = 'ordinal' as const;
  const x = {
    field: 'layer',
    type: ordinal,
    title: CENTRE_LAYER,
    scale: { domain: range(lastLayer), padding: 0 },
    axis: { labelAngle: 0, values: range(lastLayer).filter((l) => l % step === 0), ticks: true, domain: false },
  };
  const y = {
    field: 'window',
    type: ordinal,
    title: 'Window',
    scale: { domain: curves.map((c) => c.label).reverse(), padding: 0 },
    axis: { domain: false },
  };
  const color = {
    field: 'mean',
    type: 'quantitative' as const,
    title: CHANGE,
    scale: { scheme: 'redblue' as const, domain: [-largest, largest] },
    legend: {
      orient: 'bottom' as const,
      direction: 'horizontal' as const,
      gradientLength: width - 40,
      gradientThickness: 12,
      titleFontWeight: 'normal' as const,
      titleFontSize: label,
      titleLimit: 0,
      labelFontSize: label - 1,
      tickCount: 5,
    },
  };
  const numbers = {
    mark: { type: 'text' as const, fontSize: look === 'print' ? 10 : 11 },
    encoding: {
      x,
      y,
      text: { field: 'mean', type: 'quantitative' as const, format: '.0f' },
      color: { condition: { test: `abs(datum.mean) > ${DARK * largest}`, value: 'white' }, value: '#222' },
    },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: `${data.title ?? ''}. ${CHANGE} by layer and window.`,
    width,
    height: ROW * curves.length,
    padding: 8,
    background: 'white',
    ...(look === 'print' ? {} : heading(data)),
    data: { values },
    layer: [{ mark: 'rect', encoding: { x, y, color } }, ...(lastLayer < MOST_NUMBERED ? [numbers] : [])],
    config: theme(look),
  };
}

const range = (last: number): number[] => Array.from({ length: last + 1 }, (_, i) => i);

/** The next of 1, 2, 5, 10, 20 and so on; 1 where nothing changes. */
function niceEnd(value: number): number {
  if (!(value > 0)) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * ten).find((end) => end >= value) ?? 10 * ten;
}
