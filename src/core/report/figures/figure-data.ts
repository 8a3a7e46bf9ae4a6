/** What a figure shows, before it is drawn. */
import type { TopLevelSpec } from 'vega-lite';
import type { LayerPoint } from '../statistics/points';
import type { CurveStyle } from './labels';

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
  /** Left out: the axis begins at layer 0. Of a lens by layers -1 stands for the embedding. */
  readonly firstLayer?: -1;
  /** The last point is of another kind than those before it, and no line leads there. */
  readonly lastApart?: boolean;
}
