/** A data set run for the results view: asks, journals, then writes tables and figures. */
import { runDataset } from '../core/dataset';
import type { RowRecord } from '../core/dataset/record';
import type { Model } from '../core/engine/api';
import type { RunControl } from '../core/engine/types';
import type { Experiment } from '../core/experiment/types';
import type { DatasetEvent, DatasetResult } from '../protocol/engine';
import { resultOf } from './results';

export async function runDatasetCall(
  model: Model,
  experiment: Experiment,
  control: RunControl,
  emit: (event: DatasetEvent) => void,
): Promise<DatasetResult> {
  const records = new Map<number, RowRecord>();
  const signal = control.signal && { signal: control.signal };
  const summary = await runDataset({
    model,
    experiment,
    ...signal,
    onProgress: ({ done, total, secondsLeft }) =>
      emit({ type: 'dataset', done, total, ...(secondsLeft !== undefined && { secondsLeft }) }),
    onResult: (record) => records.set(record.row, record),
  });
  const [{ writeReport }, { sightOf }] = await Promise.all([
    import('../core/report/write'),
    import('../core/report/html/pictures'),
  ]);
  await writeReport(experiment, { sight: sightOf(model.spec, experiment), ...signal });
  return resultOf(experiment, [...records.values()], { layers: model.info.layers, asked: summary.total });
}
