/** What a report says of one run, read in two passes over its results; lists are cut, counts are not. */
import type { DroppedRecord, FailedRecord, KeptRecord } from '../../journal/record';
import { CurveSpread, type Distance } from '../statistics/outliers';
import type { StudyRun } from '../study-run';
import { changeOf } from '../tables/tables';
import { share, whole } from './words';

/** Most entries of each list of a run. A report of thousands of questions must still open. */
export interface Limits {
  readonly outliers: number;
  readonly wrong: number;
  readonly failures: number;
}
export const LIMITS: Limits = { outliers: 12, wrong: 200, failures: 100 };
/** What is listed of few questions; of more at most a quarter, for most questions are no outliers. */
const FEW = 3;
/** Pairs of right and given answer. */
const MOST_CONFUSIONS = 8;

export interface Outlier extends Distance {
  readonly record: KeptRecord;
  /** The question's curve at that knockout, in percent, and the mean of all questions. */
  readonly curve: readonly number[];
  readonly mean: readonly number[];
}

export interface RunDigest {
  readonly run: StudyRun;
  readonly kept: number;
  readonly dropped: number;
  readonly failed: number;
  /** Time spent on the questions. */
  readonly seconds: number;
  /** Farthest first. */
  readonly outliers: readonly Outlier[];
  readonly wrong: readonly DroppedRecord[];
  readonly failures: readonly FailedRecord[];
  readonly confusions: readonly { readonly gold: string; readonly answer: string; readonly count: number }[];
}

/** Of tables alone: they hold right answers and nothing of the others. */
export const isTablesOnly = ({ header }: StudyRun): boolean => header.identity.checkpoint === '';

/** Right answers, and their share where the others are known. */
export const rightly = ({ run, kept, dropped }: Pick<RunDigest, 'run' | 'kept' | 'dropped'>): string =>
  isTablesOnly(run) ? whole(kept) : `${whole(kept)} (${share(kept, kept + dropped)})`;

export function digest(run: StudyRun, limits: Limits = LIMITS): RunDigest {
  const spread = new CurveSpread();
  const counts = { kept: 0, dropped: 0, failed: 0 };
  const wrong: DroppedRecord[] = [];
  const failures: FailedRecord[] = [];
  const pairs = new Map<string, { gold: string; answer: string; count: number }>();
  let seconds = 0;
  for (const record of run.records()) {
    counts[record.is]++;
    seconds += record.seconds;
    if (record.is === 'failed') {
      if (failures.length < limits.failures) failures.push(record);
    } else if (record.is === 'dropped') {
      if (wrong.length < limits.wrong) wrong.push(record);
      const key = JSON.stringify([record.gold.toLowerCase(), record.answer]);
      const pair = pairs.get(key) ?? { gold: record.gold.toLowerCase(), answer: record.answer, count: 0 };
      pair.count++;
      pairs.set(key, pair);
    } else {
      spread.add(changesOf(record));
    }
  }
  return {
    run,
    ...counts,
    seconds,
    outliers: farthest(run, spread, Math.min(limits.outliers, Math.max(FEW, Math.ceil(counts.kept / 4)))),
    wrong,
    failures,
    confusions: [...pairs.values()].sort((a, b) => b.count - a.count).slice(0, MOST_CONFUSIONS),
  };
}

const changesOf = (record: KeptRecord): (number[] | null)[] =>
  record.curves.map((scores) => scores && scores.map((score) => changeOf(score, record.base)));

/** The farthest questions; of two that are equally far the first. */
function farthest(run: StudyRun, spread: CurveSpread, most: number): Outlier[] {
  const found: Outlier[] = [];
  for (const record of run.records()) {
    if (record.is !== 'kept') continue;
    const curves = changesOf(record);
    const far = spread.farthest(curves);
    if (!far || (found.length === most && far.deviations <= (found.at(-1)?.deviations ?? 0))) continue;
    const at = found.findIndex((other) => other.deviations < far.deviations);
    const outlier = { ...far, record, curve: curves[far.knockout] ?? [], mean: spread.mean(far.knockout) };
    found.splice(at < 0 ? found.length : at, 0, outlier);
    if (found.length > most) found.pop();
  }
  return found;
}
