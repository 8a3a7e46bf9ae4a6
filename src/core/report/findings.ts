/** What a run's results come to, read once for all that is made of them; lists are cut, counts are not. */
import { pause } from '../engine/control';
import type { DroppedRecord, FailedRecord, KeptRecord } from '../journal/record';
import type { RunResults } from './run';
import type { BootstrapOptions } from './statistics/bootstrap';
import type { FarQuestion } from './statistics/outliers';
import { RunSample, type RunStatistics } from './statistics/run-statistics';
import type { TableFiles } from './tables/table-files';

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
/** Every so many milliseconds a signal or a message comes through. */
const BREATH_MS = 100;

export interface Outlier extends FarQuestion {
  readonly record: KeptRecord;
}

export interface RunFindings {
  readonly run: RunResults;
  readonly kept: number;
  readonly dropped: number;
  readonly failed: number;
  /** Time spent on the questions. */
  readonly seconds: number;
  /** By knockout: questions that have all its sets. */
  readonly present: readonly number[];
  /** Questions that could not be asked, all of them. */
  readonly errors: readonly { readonly row: number; readonly question_id: string; readonly message: string }[];
  readonly wrong: readonly DroppedRecord[];
  readonly failures: readonly FailedRecord[];
  readonly confusions: readonly { readonly gold: string; readonly answer: string; readonly count: number }[];
  /** Undefined where only tables were asked for. */
  readonly statistics: RunStatistics | undefined;
  /** Farthest first. */
  readonly outliers: readonly Outlier[];
}

export interface ReadingOptions extends BootstrapOptions {
  /** Get each question that was answered rightly. */
  readonly tables?: TableFiles | undefined;
  /** Whether curves are kept, for statistics and outliers: 16 bytes a question, knockout and layer. Left out: true. */
  readonly curves?: boolean;
  readonly limits?: Limits;
  readonly signal?: AbortSignal | undefined;
}

/** Throws CrossflowError `failed` where a table cannot be written, `cancelled` when stopped. */
export async function readRun(run: RunResults, options: ReadingOptions = {}): Promise<RunFindings> {
  const { tables, curves = true, limits = LIMITS, signal } = options;
  const counts = { kept: 0, dropped: 0, failed: 0 };
  const present = run.header.about.knockouts.map(() => 0);
  const errors: RunFindings['errors'][number][] = [];
  const wrong: DroppedRecord[] = [];
  const failures: FailedRecord[] = [];
  const confusions = new Confusions();
  const sample = curves ? new RunSample(run.header) : undefined;
  let seconds = 0;
  let breath = -Infinity;
  for (const record of run.records()) {
    if (performance.now() - breath > BREATH_MS) {
      await pause(signal);
      breath = performance.now();
    }
    counts[record.is]++;
    seconds += record.seconds;
    if (record.is === 'failed') {
      errors.push({ row: record.row + 1, question_id: record.question_id, message: record.error });
      if (failures.length < limits.failures) failures.push(record);
    } else if (record.is === 'dropped') {
      if (wrong.length < limits.wrong) wrong.push(record);
      confusions.add(record);
    } else {
      record.curves.forEach((curve, i) => (present[i] += curve ? 1 : 0));
      tables?.add(record);
      sample?.add(record);
    }
  }
  await pause(signal);
  const most = Math.min(limits.outliers, Math.max(FEW, Math.ceil(counts.kept / 4)));
  return {
    run,
    ...counts,
    seconds,
    present,
    errors,
    wrong,
    failures,
    confusions: confusions.most(MOST_CONFUSIONS),
    statistics: sample?.statistics(options),
    outliers: sample ? withRecords(run, sample.outliers(most)) : [],
  };
}

function withRecords(run: RunResults, far: ReturnType<RunSample['outliers']>): Outlier[] {
  return far.flatMap(({ row, ...outlier }) => {
    const record = run.record(row);
    return record?.is === 'kept' ? [{ ...outlier, record }] : [];
  });
}

/** Which answer was given for which. */
class Confusions {
  private readonly pairs = new Map<string, { gold: string; answer: string; count: number }>();

  add({ gold, answer }: DroppedRecord): void {
    const right = gold.toLowerCase();
    const key = JSON.stringify([right, answer]);
    const pair = this.pairs.get(key) ?? { gold: right, answer, count: 0 };
    pair.count++;
    this.pairs.set(key, pair);
  }

  most(most: number): RunFindings['confusions'] {
    return [...this.pairs.values()].sort((a, b) => b.count - a.count).slice(0, most);
  }
}
