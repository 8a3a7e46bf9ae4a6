/** What a report shows, before it is written as HTML and as Markdown. */
import type { FigureData, FigurePoint } from '../figures/figures';
import type { RunStatistics } from '../statistics/run-statistics';
import type { RunDigest } from './digest';
import type { Picture, PictureSource } from './pictures';

export interface ReportFigure {
  /** Stands below it. */
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
  readonly svg: string;
  /** Where it also lies, relative to the report: `figures/information_flow.pdf`. */
  readonly files: readonly string[];
  /** The numbers behind it. */
  readonly data: FigureData;
}

/** What was drawn of a run. */
export interface DrawnRun extends Pick<RunStatistics, 'flow'> {
  readonly figures: readonly ReportFigure[];
}

/** What a run's results do not say of themselves. */
export interface RunDetails {
  /** Left out: no pictures. */
  readonly pictures?: PictureSource;
  /** Left out: drawn here. */
  readonly drawn?: DrawnRun;
  /** Tables of the results, relative to the report. */
  readonly files?: readonly string[];
  /** Damaged lines of the journal. */
  readonly damaged?: number;
  /** Questions that the run is to ask in all. */
  readonly wanted?: number;
}

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
export interface RunPart extends RunDigest {
  readonly details: RunDetails;
  readonly figures: readonly ReportFigure[];
  /** By outlier: its picture, or why there is none; empty where nobody knows of pictures. */
  readonly pictures: readonly (Picture | string)[];
  /** By knockout. */
  readonly curves: readonly CurveDigest[];
}

export interface ReportContent {
  readonly title: string;
  readonly overview: readonly ReportFigure[];
  readonly parts: readonly RunPart[];
  readonly machine: readonly (readonly [string, string])[];
}
