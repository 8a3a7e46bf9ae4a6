/**
 * Data set runs: a study of one run and one shard. What is computed lies in journals (journal/place.ts); when a run ends,
 * for whatever reason but a kill, they are one file. The same call later goes on with what is there.
 */
import { basename } from 'node:path';
import { taskOf } from '../dataset/layout';
import type { Model } from '../engine/api';
import { failed, usage } from '../errors';
import type { Experiment } from '../experiment/types';
import { JournalReader } from '../journal/reader';
import { placeIn, WHOLE } from '../journal/place';
import type { RowRecord } from '../journal/record';
import { mergeRun } from './merge';
import { prepareRuns, type Prepared, type Preparing, type ReadyRun } from './prepare';
import { runStudy, type RunOutcome, type StudyOptions, type StudyProgress } from './run';
import type { DatasetExperiment, PlannedRun, Study } from './types';

/** Throws CrossflowError `usage` when the experiment asks one question. */
export function datasetStudy(experiment: Experiment): Study & { readonly runs: readonly [PlannedRun] } {
  const { file, output, model } = experiment;
  if (!isDataset(experiment)) throw usage('has no "dataset"', file);
  const run: PlannedRun = {
    id: '',
    model: model.kind === 'hub' ? model.id : basename(model.path),
    task: taskOf(experiment.subject.csv),
    experiment,
    place: placeIn(output),
  };
  return {
    kind: 'dataset',
    file,
    name: basename(file).replace(/(\.flow)?\.jsonc?$/i, ''),
    output,
    runs: [run],
    slurm: {},
  };
}

const isDataset = (experiment: Experiment): experiment is DatasetExperiment => experiment.subject.kind === 'dataset';

export interface DatasetOptions extends Preparing, Pick<StudyOptions, 'close' | 'onNotes'> {
  readonly experiment: Experiment;
  /** Called only when there is something to ask. */
  readonly open: () => Promise<Model>;
  /** Told before the first question. */
  readonly onPrepared?: (prepared: Prepared & { readonly run: ReadyRun }) => void;
  readonly onProgress?: (progress: StudyProgress) => void;
  /** Each result once it is safe; those of earlier starts first, in the order of the CSV. */
  readonly onRecord?: (record: RowRecord) => void;
}

/** Questions that could not be asked (a picture that cannot be decoded…) are in `errors`; the next run tries them again. */
export interface DatasetSummary extends Omit<RunOutcome, 'run' | 'model'> {
  readonly journal: string;
}

/**
 * Asks every question of the data set that no journal holds yet. Throws CrossflowError `usage` with nothing written when
 * CSV, pictures or output folder are wrong, the results there are another run's, or another process is at it; `cancelled`
 * when stopped; `failed` when the engine or the disk fails, or no question at all could be asked.
 */
export async function runDataset(options: DatasetOptions): Promise<DatasetSummary> {
  const { experiment, signal, open, close, onPrepared, onProgress, onRecord, onNotes } = options;
  const study = datasetStudy(experiment);
  const prepared = await prepareRuns(study, study.runs, options);
  const [run] = prepared.runs;
  if (!run) throw prepared.problems[0].error;
  onPrepared?.({ ...prepared, run });
  if (onRecord) for (const record of earlier(run)) onRecord(record);
  try {
    const { runs, problems } = await runStudy({
      runs: [run],
      shard: WHOLE,
      open,
      ...(close && { close }),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
      ...(onNotes && { onNotes }),
      onRecord: (_, record) => onRecord?.(record),
    });
    if (problems[0]) throw problems[0].error;
    return summaryOf(run, runs[0]);
  } finally {
    settle(run);
  }
}

/** What is done; questions that failed are asked again. */
function* earlier({ place, dataset }: ReadyRun): Generator<RowRecord> {
  const reader = JournalReader.openIfAny(place);
  if (!reader) return;
  try {
    for (const { index } of dataset.rows) {
      const kind = reader.kindOf(index);
      if (kind === 'kept' || kind === 'dropped') yield reader.record(index)!;
    }
  } finally {
    reader.close();
  }
}

function summaryOf({ dataset, place }: ReadyRun, { run: _, model: __, ...outcome }: RunOutcome): DatasetSummary {
  const [first] = outcome.errors;
  if (first && outcome.errors.length === dataset.rows.length) {
    throw failed(`no question could be asked; the first: ${first.message}`, { file: dataset.csv, line: first.line });
  }
  return { ...outcome, journal: place.merged };
}

/** Its results in one file. Where that fails they are as safe as before, and who makes tables of them tries again. */
function settle(run: PlannedRun): void {
  try {
    mergeRun(run, true);
  } catch {
    // The run's own end says what there is to say.
  }
}
