/**
 * Data set runs, part one of two: `runDataset` computes and journals, `writeReport` (core/report/write.ts) makes the CSV
 * files, figures and run.json from the journal. A caller does
 *
 *     const summary = await runDataset({ model, experiment, signal, onProgress });
 *     const { files } = await writeReport(experiment);
 *
 * and may do the second alone at any time, also while a run goes on or after one was stopped. A stopped run throws
 * CrossflowError `cancelled`; what it computed is in the journal, and the same call later takes it up where it stopped.
 * `summary.errors` lists the questions that could not be asked (a picture that cannot be decoded…): show each, and end
 * with exit code 1 when there is one. They are tried again by the next run.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, failed, usage } from '../errors';
import type { Model } from '../engine/api';
import type { Experiment } from '../experiment/types';
import { absentKnockouts } from './absent';
import { askRows } from './ask';
import { Eta } from './eta';
import { headerOf } from '../journal/header';
import { identify } from '../journal/identity';
import { Journal } from '../journal/reader';
import type { Held } from '../files/hold';
import { lockFolder } from '../journal/lock';
import type { RowRecord } from '../journal/record';
import { readDataset, type Dataset, type DatasetRow } from './rows';

export const JOURNAL_FILE = 'journal.jsonl';
export const journalPath = (experiment: Pick<Experiment, 'output'>): string => join(experiment.output, JOURNAL_FILE);

export interface DatasetProgress {
  /** Questions worked on, those of earlier runs included. */
  readonly done: number;
  readonly total: number;
  /** Of these, answered rightly. */
  readonly kept: number;
  /** Left out until something is known. */
  readonly secondsLeft?: number;
}

export interface DatasetOptions {
  readonly model: Model;
  readonly experiment: Experiment;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DatasetProgress) => void;
  /** Told before the first question what the results will lack. */
  readonly onWarning?: (message: string) => void;
  /** Each result once it is safe in the journal; those of earlier runs first. */
  readonly onResult?: (record: RowRecord) => void;
}

export interface RowError {
  /** Number of the row in the CSV, from 1. */
  readonly row: number;
  /** Line of the CSV, from 1. */
  readonly line: number;
  readonly questionId: string;
  readonly message: string;
}

export interface DatasetSummary {
  readonly task: string;
  readonly total: number;
  /** Answered rightly: what tables and figures are about. */
  readonly kept: number;
  /** Answered wrongly, left out. */
  readonly dropped: number;
  readonly failed: number;
  /** Questions that an earlier run had done. */
  readonly resumed: number;
  /** Lines of the journal that were damaged on the disk; their questions were asked again. */
  readonly damaged: number;
  /** Time of this run. */
  readonly seconds: number;
  readonly journal: string;
  readonly errors: readonly RowError[];
  /** Questions of this run that were kept, but whose boxes are wrong: knockouts of objects have no curve for them. */
  readonly withoutObjects: readonly RowError[];
}

/**
 * Asks every question of the data set that the journal does not hold yet. Throws CrossflowError `usage` with nothing
 * written when CSV, pictures or output folder are wrong or the journal is another run's; `cancelled` when stopped;
 * `failed` when the engine or the disk fails.
 */
export async function runDataset(options: DatasetOptions): Promise<DatasetSummary> {
  const { model, experiment, signal } = options;
  if (experiment.subject.kind !== 'dataset') throw usage('has no "dataset"', experiment.file);
  const began = performance.now();
  const dataset = await readDataset(experiment.subject);
  for (const absent of absentKnockouts(dataset.rows, experiment)) options.onWarning?.(absent);
  const identity = await identify(model.spec, experiment, dataset, model.options, signal);
  if (signal?.aborted) throw cancelled();
  await mkdir(experiment.output, { recursive: true }).catch((e: unknown) => {
    throw usage(`cannot be made: ${(e as Error).message}`, experiment.output, 'choose another "output" folder');
  });
  const lock = lockFolder(experiment.output);
  try {
    const journal = Journal.resume(
      journalPath(experiment),
      headerOf(model.spec, experiment, dataset, identity, model.options),
    );
    try {
      const work = await askAll(journal, lock, dataset, options);
      return summarize(journal, dataset, work, (performance.now() - began) / 1000);
    } finally {
      journal.close();
    }
  } finally {
    lock.release();
  }
}

/** What a run did beside what its journal holds. */
type Work = Pick<DatasetSummary, 'resumed' | 'withoutObjects'>;

async function askAll(journal: Journal, lock: Held, dataset: Dataset, options: DatasetOptions): Promise<Work> {
  const { model, experiment, signal, onProgress, onResult } = options;
  const before = dataset.rows.filter((row) => isDone(journal, row));
  checkImages(journal, before);
  const withoutObjects: RowError[] = [];
  const rowOf = new Map(dataset.rows.map((row) => [row.index, row]));
  let kept = before.filter((row) => journal.kindOf(row.index) === 'kept').length;
  let done = before.length;
  const total = dataset.rows.length;
  const eta = new Eta();
  const report = () => {
    const secondsLeft = eta.left(total - done);
    onProgress?.({ done, total, kept, ...(secondsLeft === undefined ? {} : { secondsLeft }) });
  };
  if (onResult) for (const row of before) onResult(journal.record(row.index)!);
  report();
  await askRows(
    dataset.rows.filter((row) => !isDone(journal, row)),
    {
      model,
      experiment,
      signal,
      onBegin: () => lock.check(),
      onRecord(record) {
        // A question may take long, and two may not write one journal.
        lock.check();
        journal.append(record);
        done++;
        if (record.is === 'kept') {
          kept++;
          const row = rowOf.get(record.row);
          if (row && record.lost !== undefined) withoutObjects.push(rowError(row, record.lost));
        }
        eta.add(record.seconds);
        onResult?.(record);
        report();
      },
    },
  );
  return { resumed: before.length, withoutObjects };
}

const isDone = (journal: Journal, row: DatasetRow): boolean => {
  const kind = journal.kindOf(row.index);
  return kind === 'kept' || kind === 'dropped';
};

/** Results of one picture must not stand beside results of another that took its name. */
function checkImages(journal: Journal, done: readonly DatasetRow[]): void {
  const changed = done.filter((row) => journal.imageBytesOf(row.index) !== row.imageBytes);
  const [first] = changed;
  if (!first) return;
  throw usage(
    `holds results of ${changed.length === 1 ? 'a picture that has' : `${changed.length} pictures that have`} changed since: ${first.image}`,
    journal.path,
    'choose another "output" folder, or delete the journal to begin anew',
  );
}

function summarize(journal: Journal, dataset: Dataset, work: Work, seconds: number): DatasetSummary {
  const count = (kind: RowRecord['is']) => dataset.rows.filter((row) => journal.kindOf(row.index) === kind).length;
  const errors = dataset.rows.flatMap((row): RowError[] => {
    const record = journal.kindOf(row.index) === 'failed' ? journal.record(row.index) : undefined;
    if (record?.is !== 'failed') return [];
    return [rowError(row, record.error)];
  });
  if (errors.length === dataset.rows.length && errors[0]) {
    throw failed(`no question could be asked; the first: ${errors[0].message}`, {
      file: dataset.csv,
      line: errors[0].line,
    });
  }
  return {
    task: dataset.task,
    total: dataset.rows.length,
    kept: count('kept'),
    dropped: count('dropped'),
    failed: errors.length,
    ...work,
    damaged: journal.damaged,
    seconds,
    journal: journal.path,
    errors,
  };
}

const rowError = ({ index, line, questionId }: DatasetRow, message: string): RowError => ({
  row: index + 1,
  line,
  questionId,
  message,
});
