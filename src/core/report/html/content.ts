/** What a report shows, before it is written as HTML and as Markdown. */
import type { FigurePoint } from '../figures/figure-data';
import type { WrittenFigure } from '../figures/write-figures';
import type { RunFindings } from '../findings';
import type { Picture } from './pictures';
import { curveStyles } from '../figures/labels';
import { windowOf } from '../figures/run-figures';

/** A knockout's curve where its mean is lowest. */
export interface CurveDigest {
  /** As figures call it. */
  readonly label: string;
  readonly window?: number;
  /** Questions that have all the knockout's sets. */
  readonly questions: number;
  readonly lowest?: FigurePoint;
}

/** One run with all that is shown of it. */
export interface RunPart extends RunFindings {
  readonly figures: readonly WrittenFigure[];
  /** By outlier: its picture, or why there is none; empty where nobody knows of pictures. */
  readonly pictures: readonly (Picture | string)[];
  /** By knockout. */
  readonly curves: readonly CurveDigest[];
  /** Tables of the results, relative to the report. */
  readonly tables?: readonly string[];
  /** Damaged lines of the journals. */
  readonly damaged?: number;
  /** Questions that the run is to ask in all. */
  readonly wanted?: number;
}

export interface ReportContent {
  readonly title: string;
  /** Figures of more than one run. */
  readonly overview: readonly WrittenFigure[];
  readonly parts: readonly RunPart[];
  readonly machine: readonly (readonly [string, string])[];
}

export function curveSummaries({ run, statistics }: Pick<RunFindings, 'run' | 'statistics'>): CurveDigest[] {
  const { knockouts } = run.header.about;
  return curveStyles(knockouts).map(({ label }, i): CurveDigest => {
    const [lowest] = [...(statistics?.flow[i] ?? [])].sort((a, b) => a.mean - b.mean);
    const window = windowOf(knockouts[i]);
    return { label, ...(window !== undefined && { window }), questions: lowest?.n ?? 0, ...(lowest && { lowest }) };
  });
}
