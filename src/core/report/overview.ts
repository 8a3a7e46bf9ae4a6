/** A data set run as a list to look through: each question with its changes, and how far it lies from the mean. Pure. */
import { knockoutId, knockoutLabel, type Experiment } from '../experiment/types';
import type { KeptRecord, RowRecord } from '../journal/record';
import type { ResultRow, RunOverview } from './overview-types';
import { outliers } from './statistics/outliers';
import { changeOf } from '../experiment/formulas';

/** `asked`: questions that the run was to ask. */
export function overviewOf(
  experiment: Experiment,
  records: readonly RowRecord[],
  { layers, asked }: { readonly layers: number; readonly asked: number },
): RunOverview {
  const kept = records.filter((record) => record.is === 'kept').sort((a, b) => a.row - b.row);
  const edges = namesOf(experiment);
  const changes = kept.map((record) =>
    record.curves.map((curve) => curve && curve.map((score) => changeOf(score, record.base))),
  );
  const far = outliers(changes);
  return {
    rows: kept.map((record, i) => toRow(record, edges, changes[i], far[i])),
    edges,
    layers,
    kept: kept.length,
    done: records.filter((record) => record.is !== 'failed').length,
    asked,
    failed: records.flatMap((record) =>
      record.is === 'failed' ? [{ questionId: record.question_id, message: record.error }] : [],
    ),
    output: experiment.output,
  };
}

/** Edges name the columns of the table; two that differ in window or heads alone need more than their label. */
function namesOf({ knockouts }: Experiment): string[] {
  const labels = knockouts.map(knockoutLabel);
  return knockouts.map((knockout, i) =>
    labels.indexOf(labels[i]) === labels.lastIndexOf(labels[i]) ? labels[i] : knockoutId(knockout),
  );
}

function toRow(
  record: KeptRecord,
  edges: readonly string[],
  changes: readonly (number[] | null)[],
  outlier: number,
): ResultRow {
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
