/** Journal records as the results view shows them, and what earlier runs left of them. */
import { usage } from '../core/errors';
import { JournalReader } from '../core/journal/reader';
import { settingsChanges, settingsOf } from '../core/journal/identity';
import { nameOf } from '../core/journal/journals';
import { placeIn } from '../core/journal/place';
import type { KeptRecord, RowRecord } from '../core/journal/record';
import { readQuestions } from '../core/dataset/rows';
import { knockoutId, knockoutLabel, type Experiment } from '../core/experiment/types';
import { outliers } from '../core/report/statistics/outliers';
import type { DatasetResult } from '../protocol/engine';
import type { DatasetRow } from '../protocol/panel';

/**
 * What the journal of an experiment holds, without a model and without changing anything; null when there is none yet.
 * Throws CrossflowError `usage` when its results are of something else, and says what changed.
 */
export async function storedResults(experiment: Experiment): Promise<DatasetResult | null> {
  const { subject } = experiment;
  if (subject.kind !== 'dataset') throw usage('has no "dataset"', experiment.file);
  const place = placeIn(experiment.output);
  const journal = JournalReader.openIfAny(place);
  if (!journal) return null;
  try {
    const { identity, about } = journal.header;
    const { hash, rows } = await readQuestions(subject.csv);
    const changed = [
      ...(identity.csv === hash ? [] : ['the CSV file']),
      ...settingsChanges(identity.settings, settingsOf(experiment)),
    ];
    if (changed.length > 0)
      throw usage(
        `holds results of another run: ${changed.join(', ')} changed since`,
        nameOf(place),
        'take the change back, or choose another "output" folder',
      );
    const asked = Math.min(rows.length, subject.limit ?? Infinity);
    return resultOf(experiment, [...journal.records(asked)], { layers: about.model.layers, asked });
  } finally {
    journal.close();
  }
}

export function resultOf(
  experiment: Experiment,
  records: readonly RowRecord[],
  { layers, asked }: { readonly layers: number; readonly asked: number },
): DatasetResult {
  const kept = records.filter((record) => record.is === 'kept').sort((a, b) => a.row - b.row);
  const edges = namesOf(experiment);
  const changes = kept.map((record) => record.curves.map((curve) => curve && changeOf(curve, record.base)));
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
