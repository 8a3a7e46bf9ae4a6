import { isMarked, LEAST_MARKED, MOST_MARKED } from './line-figure';
import { SIGNIFICANT, type LayerPoint } from '../statistics/points';
import { CONFIDENCE } from '../statistics/student';

export interface Caption {
  /** Questions of each curve. */
  readonly counts: readonly number[];
  /** Where all curves have the same. */
  readonly window?: number | undefined;
  /** Further facts, in words. */
  readonly also?: readonly string[];
  readonly curves: readonly (readonly LayerPoint[])[];
}

/** What stands under a figure's title: how many questions, what bands and marks are. */
export function caption({ counts, window, also = [], curves }: Caption): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const first = [
    `${least === most ? most : `${least}–${most}`} question${most === 1 ? '' : 's'}`,
    ...(window === undefined ? [] : [`window ${window}`]),
    ...also,
    ...(curves.some((points) => points.some((p) => p.low !== undefined)) ? [BANDS] : []),
  ];
  const marked = curves.filter((points) => points.some(isMarked)).length;
  return first.join('; ') + (marked > 0 && marked <= MOST_MARKED ? `\n${MARKS}` : '');
}

const BANDS = `bands: ${100 * CONFIDENCE}% bootstrap interval of the mean`;
const MARKS = `▾ ranks lean to a drop, ▴ to a rise (Wilcoxon signed-rank test over questions, Holm over layers, p < ${SIGNIFICANT}) where the mean goes the same way by ${LEAST_MARKED}% or more`;
