/** A data set run for the results view: asks, journals, then writes tables, figures and report. */
import { planExperiment } from '../core/dataset/plan';
import type { RowRecord } from '../core/journal/record';
import type { Model } from '../core/engine/api';
import { memoryForThisProcess } from '../core/planning/memory';
import { Planner } from '../core/planning/planner';
import type { RunControl } from '../core/engine/types';
import { failed } from '../core/errors';
import type { Experiment } from '../core/experiment/types';
import { overviewOf } from '../core/report/overview';
import type { RunOverview } from '../core/report/overview-types';
import { datasetStudy, runDataset } from '../core/study/dataset';
import { reportStudy } from '../core/study/report';
import type { DatasetEvent } from '../protocol/engine';

export async function runDatasetCall(
  model: Model,
  experiment: Experiment,
  control: RunControl,
  emit: (event: DatasetEvent) => void,
): Promise<RunOverview> {
  const told = new Set<string>();
  const records = new Map<number, RowRecord>();
  const signal = control.signal && { signal: control.signal };
  const summary = await runDataset({
    experiment,
    ...signal,
    folderOf: () => Promise.resolve(model.spec.directory),
    engine: model.options,
    look: () => refuseUnfit(model, experiment),
    // Editors of the same model go on using it.
    open: () => Promise.resolve(model),
    close: () => Promise.resolve(),
    onProgress: ({ done, total, secondsLeft }) =>
      emit({ type: 'dataset', done, total, ...(secondsLeft !== undefined && { secondsLeft }) }),
    // Standard error is what "Show Output" shows.
    onNotes: (image, notes) => {
      if (told.has(image)) return;
      told.add(image);
      for (const note of notes) console.error(`warning: ${image}: ${note}`);
    },
    onRecord: (record) => records.set(record.row, record),
  });
  await reportStudy(datasetStudy(experiment), { ...signal });
  return overviewOf(experiment, [...records.values()], { layers: model.info.layers, asked: summary.total });
}

/** The model was opened for a usual question. @throws CrossflowError `failed` when the questions do not fit */
async function refuseUnfit(model: Model, experiment: Experiment): Promise<void> {
  const { spec, chunkBudget, info } = model;
  const planner = await Planner.open(spec.directory, { chunkBudget, device: info.device });
  const { verdict } = await planExperiment(planner, experiment, { measure: false, machine: memoryForThisProcess() });
  if (verdict.kind === 'refused') throw failed(verdict.message, experiment.file, verdict.hint);
}
