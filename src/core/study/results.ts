/** The merged results of a study's runs, and the tables made of each. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { journalHeader, JournalReader } from '../journal/reader';
import type { RowRecord } from '../journal/record';
import { writeBeside } from '../files/write-beside';
import type { StudyRun } from '../report/study-run';
import { runSummary } from '../report/summary';
import { writeTables } from '../report/tables/write-tables';
import { mergedJournal } from './folders';
import { checkSettings } from './journals';
import type { PlannedRun, Study } from './types';

/** The runs that have merged results, as figures and reports read them. Throws CrossflowError `usage`. */
export function studyRuns(study: Study, runs: readonly PlannedRun[]): StudyRun[] {
  return runs
    .filter((run) => existsSync(mergedJournal(run)))
    .map((run): StudyRun => {
      const header = journalHeader(mergedJournal(run));
      checkSettings(study, run, header);
      return { model: run.model, task: run.task, header, records: () => recordsOf(run) };
    });
}

function* recordsOf(run: PlannedRun): Generator<RowRecord> {
  const reader = JournalReader.open(mergedJournal(run));
  try {
    yield* reader.records(run.experiment.subject.limit);
  } finally {
    reader.close();
  }
}

/**
 * Writes TABLES and run.json of a run from its merged journal. The tables hang on the results alone; run.json holds dates
 * and times. Throws CrossflowError `failed`, `cancelled`.
 * @returns absolute paths
 */
export async function writeResults(run: PlannedRun, signal?: AbortSignal): Promise<string[]> {
  const { output, subject } = run.experiment;
  const limit = subject.limit ?? Infinity;
  const reader = JournalReader.open(mergedJournal(run));
  try {
    const { files, counts } = await writeTables(output, reader, limit, signal);
    const summary = join(output, 'run.json');
    writeBeside(summary, [`${JSON.stringify(runSummary(run.experiment, reader, counts, limit), null, 2)}\n`]);
    return [...files, summary];
  } finally {
    reader.close();
  }
}
