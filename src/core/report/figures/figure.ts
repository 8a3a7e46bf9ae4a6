import type { FigureData, VegaLiteSpec } from './figure-data';
import { heatMap } from './heat-map';
import type { Look } from './theme';

/** A figure with everything that is said of it: whoever shows it adds nothing of his own. */
export interface Figure {
  /** File name without its ending. */
  readonly name: string;
  /** What it shows, in a few words; stands below it in a report. */
  readonly heading: string;
  /** The same for those who do not see it. */
  readonly alt: string;
  /** With the title and the caption that are drawn on it. */
  readonly data: FigureData;
  readonly spec: VegaLiteSpec;
  /** The same for a page of print: larger letters, without title and legend. */
  readonly print: VegaLiteSpec;
  /** Whether its legend is of lines, which can stand apart. */
  readonly lines: boolean;
}

export const figure = (
  name: string,
  heading: string,
  data: FigureData,
  draw: (data: FigureData, look?: Look) => VegaLiteSpec,
): Figure => ({
  name,
  heading,
  alt: `${heading}: ${data.curves.map((curve) => curve.label).join(', ')} by ${data.over ?? 'layer'}`,
  data,
  spec: draw(data),
  print: draw(data, 'print'),
  lines: draw !== heatMap,
});
