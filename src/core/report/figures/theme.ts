import type { TopLevelSpec } from 'vega-lite';
import { FONT_FAMILY } from './fonts';

/** A figure for the screen and a report, or for a page of print: larger letters, nothing but the plot. */
export type Look = 'screen' | 'print';

interface Sizes {
  /** Of the plotting area, in CSS pixels (1/96 inch). */
  readonly width: number;
  readonly height: number;
  readonly label: number;
  readonly title: number;
  readonly line: number;
}
/**
 * Screen: with labels and legend about a column of a journal's page. Print: four inches square, as the published
 * figures, whose letters can be read when three stand beside one another on a page.
 */
export const SIZES: Readonly<Record<Look, Sizes>> = {
  screen: { width: 440, height: 300, label: 12, title: 14, line: 2.25 },
  print: { width: 310, height: 310, label: 15, title: 19, line: 3 },
};
export const LEGEND_FONT = 11;
const CAPTION_FONT = 11;

const [INK, GRID] = ['#444', '#e4e4e4'];

export const theme = (look: Look): NonNullable<TopLevelSpec['config']> => ({
  font: FONT_FAMILY,
  axis: {
    labelFontSize: SIZES[look].label,
    titleFontSize: SIZES[look].title,
    titleFontWeight: 'normal',
    titlePadding: 8,
    gridColor: GRID,
    domainColor: INK,
    tickColor: INK,
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
    subtitleFontSize: CAPTION_FONT,
    subtitleColor: INK,
    subtitlePadding: 4,
    anchor: 'start',
    offset: 10,
  },
  view: { stroke: '#bbb' },
});
