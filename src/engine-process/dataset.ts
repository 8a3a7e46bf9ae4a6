/** A data set run as the results view shows it: every question's numbers, and how far each lies from the mean. */
import { runDataset } from '../core/dataset';
import type { KeptRecord, RowRecord } from '../core/dataset/record';
import type { Model } from '../core/engine/api';
import type { RunControl } from '../core/engine/types';
import { knockoutLabel, type Experiment } from '../core/experiment/types';
import type { DatasetEvent, DatasetResult } from '../protocol/engine';
import type { DatasetRow } from '../protocol/panel';
import { outliers } from '../core/report/outliers';

export async function runDatasetCall(
  model: Model,
  experiment: Experiment,
  control: RunControl,
  emit: (event: DatasetEvent) => void,
): Promise<DatasetResult> {
  const records = new Map<number, RowRecord>();
  const summary = await runDataset({
    model,
    experiment,
    ...(control.signal && { signal: control.signal }),
    onProgress: ({ done, total, secondsLeft }) =>
      emit({ type: 'dataset', done, total, ...(secondsLeft !== undefined && { secondsLeft }) }),
    onResult: (record) => records.set(record.row, record),
  });
  const [{ writeReport }, { sightOf }] = await Promise.all([
    import('../core/report/write'),
    import('../core/report/html/pictures'),
  ]);
  await writeReport(experiment, { sight: sightOf(model.spec, experiment) });
  const kept = [...records.values()].filter((record) => record.is === 'kept').sort((a, b) => a.row - b.row);
  const edges = experiment.knockouts.map(knockoutLabel);
  const changes = kept.map((record) => record.curves.map((curve) => curve && changeOf(curve, record.base)));
  const far = outliers(changes);
  return {
    rows: kept.map((record, i) => toRow(record, edges, changes[i], far[i])),
    edges,
    layers: model.info.layers,
    kept: summary.kept,
    asked: summary.total,
    output: experiment.output,
  };
}

/** Per cent of the clean probability. */
const changeOf = (scores: readonly number[], base: number): number[] =>
  scores.map((score) => (100 * (score - base)) / base);

function toRow(
  record: KeptRecord,
  edges: readonly string[],
  changes: readonly (number[] | null)[],
  outlier: number,
): DatasetRow {
  return {
    questionId: record.question_id,
    image: record.image,
    question: record.question,
    gold: record.gold,
    predicted: record.answer,
    baseScore: record.base,
    curves: Object.fromEntries(edges.flatMap((edge, i) => (changes[i] ? [[edge, changes[i]]] : []))),
    outlier,
  };
}
