/** Merges the results of a study's runs and makes of them whatever is asked for. */
import { pause } from '../engine/control';
import { CrossflowError, usage } from '../errors';
import { checkSettings } from '../journal/journals';
import { JournalReader } from '../journal/reader';
import { localSight } from '../report/html/pictures';
import { MADE, writeResults, type Made, type OwnResults, type WriteOptions, type Written } from '../report/write';
import { mergeRun } from './merge';
import type { PlannedRun, Study } from './types';

export interface ReportOptions extends Omit<WriteOptions, 'title' | 'onProgress'> {
  /** Left out: all of the study's. */
  readonly runs?: readonly PlannedRun[];
  readonly onProgress?: (what: 'merging' | Made, done: number, total: number) => void;
  /** Told of each run that is left out, before anything is made of the others. */
  readonly onProblem?: (error: CrossflowError) => void;
}

/**
 * Shards may be at work: what they write later comes with the next call. Runs whose results are of other settings, or that
 * somebody else merges, are left out. Throws CrossflowError `usage` when no run has results, `failed` when the disk fails,
 * `cancelled` when stopped; each file is whole, old or new.
 */
export async function reportStudy(study: Study, options: ReportOptions = {}): Promise<Written> {
  const { runs: chosen = study.runs, make = MADE, signal, onProgress, onProblem } = options;
  const problems: CrossflowError[] = [];
  const results: (OwnResults & { close(): void })[] = [];
  try {
    for (const [i, run] of chosen.entries()) {
      onProgress?.('merging', i, chosen.length);
      await pause(signal);
      try {
        const damaged = mergeRun(run)?.damaged;
        if (damaged !== undefined) results.push(await resultsOf(run, damaged, make.includes('report')));
      } catch (e) {
        if (!(e instanceof CrossflowError && e.kind === 'usage')) throw e;
        problems.push(e);
      }
    }
    if (results.length === 0)
      throw problems[0] ?? usage('no results yet', study.output, `run the ${NOUN[study.kind]} first`);
    for (const problem of problems) onProblem?.(problem);
    return await writeResults(results, study.output, {
      ...options,
      make,
      ...(study.kind === 'study' && { title: study.name }),
    });
  } finally {
    for (const result of results) result.close();
  }
}

const NOUN: Readonly<Record<Study['kind'], string>> = { study: 'study', dataset: 'experiment' };

async function resultsOf(run: PlannedRun, damaged: number, pictures: boolean): Promise<OwnResults & { close(): void }> {
  const { experiment, place, id, model, task } = run;
  const journal = JournalReader.open(place);
  try {
    checkSettings(place, journal.header, experiment);
    const sight = pictures ? await localSight(experiment) : undefined;
    return {
      ...{ model, task, header: journal.header },
      records: () => journal.records(experiment.subject.limit),
      record: (row) => journal.record(row),
      own: { experiment, folder: id, damaged, ...(sight && { sight }) },
      close: () => journal.close(),
    };
  } catch (e) {
    journal.close();
    throw e;
  }
}
