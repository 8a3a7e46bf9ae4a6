/** The merged results of a study's runs, and the tables made of each. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JournalReader } from '../dataset/journal';
import type { JournalHeader, KeptRecord, RowRecord } from '../dataset/record';
import { pause } from '../engine/control';
import { writeBeside } from '../files/write-beside';
import type { StudyRun } from '../report/study-run';
import { runSummary } from '../report/summary';
import { answerProbabilities, informationFlow } from '../report/tables';
import { mergedJournal } from './folders';
import { checkSettings } from './journals';
import type { PlannedRun, Study } from './types';

export const TABLES = ['information_flow.csv', 'last_position_answer_probs.csv'] as const;

/** The runs that have merged results, as figures and reports read them. Throws CrossflowError `usage`. */
export function studyRuns(study: Study, runs: readonly PlannedRun[]): StudyRun[] {
  return runs
    .filter((run) => existsSync(mergedJournal(run)))
    .map((run): StudyRun => {
      const header = withReader(run, (reader) => reader.header);
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
 * Writes information_flow.csv, last_position_answer_probs.csv and run.json of a run from its merged journal. The tables
 * hang on the results alone; run.json holds dates and times.
 * @returns absolute paths
 */
export async function writeTables(
  run: PlannedRun,
  { header }: { readonly header: JournalHeader },
  signal?: AbortSignal,
): Promise<string[]> {
  const folder = run.experiment.output;
  const files: string[] = [];
  const write = async (name: string, pieces: Iterable<string | Uint8Array>): Promise<void> => {
    await pause(signal);
    writeBeside(join(folder, name), pieces);
    files.push(join(folder, name));
  };
  await write(TABLES[0], informationFlow(header, keptOf(run)));
  await write(TABLES[1], answerProbabilities(header, keptOf(run)));
  const limit = run.experiment.subject.limit ?? Infinity;
  const summary = withReader(run, (reader) => runSummary(run.experiment, reader, limit));
  await write('run.json', [`${JSON.stringify(summary, null, 2)}\n`]);
  return files;
}

function* keptOf(run: PlannedRun): Generator<KeptRecord> {
  for (const record of recordsOf(run)) if (record.is === 'kept') yield record;
}

function withReader<R>(run: PlannedRun, use: (reader: JournalReader) => R): R {
  const reader = JournalReader.open(mergedJournal(run));
  try {
    return use(reader);
  } finally {
    reader.close();
  }
}
