/** A data set run as a list to look through, as it crosses processes: types alone. */

/** A question that was answered right. */
export interface ResultRow {
  readonly questionId: string;
  readonly image: string;
  readonly question: string;
  readonly gold: string;
  readonly predicted: string;
  readonly baseScore: number;
  /** Change in percent per layer, by edge. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
  /** Largest distance of any curve from the mean curve in standard deviations. */
  readonly outlier: number;
}

/** A question of a data set that could not be asked, e.g. because its picture cannot be read. */
export interface FailedQuestion {
  readonly questionId: string;
  readonly message: string;
}

export interface RunOverview {
  readonly rows: readonly ResultRow[];
  readonly edges: readonly string[];
  readonly layers: number;
  /** Questions answered correctly, which the study keeps; answered at all; and asked for. */
  readonly kept: number;
  readonly done: number;
  readonly asked: number;
  /** Questions that could not be asked; the next run tries them again. */
  readonly failed: readonly FailedQuestion[];
  /** Absolute folder with tables and figures. */
  readonly output: string;
}
