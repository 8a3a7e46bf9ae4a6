import type { Settings } from '../dataset/identity';
import type { JournalReader } from '../dataset/journal';
import type { Machine } from '../dataset/machine';
import type { JournalHeader } from '../dataset/record';
import { CROSSFLOW_VERSION, RUNTIME_VERSION } from '../dataset/version';
import type { Experiment } from '../experiment/types';
import { curveStyles } from './labels';

/** `run.json`: what was run, on what, and what came of it. */
export interface ReportSummary {
  readonly experiment: string;
  readonly started: string;
  readonly written: string;
  readonly versions: { readonly crossflow: string; readonly onnxruntime: string; readonly node: string };
  /** What computed the results; of a study, what computed the first of them. */
  readonly machine: Partial<Machine> & { readonly device: string };
  readonly model: JournalHeader['about']['model'] & { readonly checkpoint: string };
  readonly dataset: {
    readonly csv: string;
    readonly sha256: string;
    readonly task: string;
    readonly rows: number;
    /** Rows asked for by this experiment. */
    readonly limit: number;
  };
  readonly settings: Settings;
  readonly questions: {
    /** Worked on so far; less than `dataset.limit` while a run is not complete. */
    readonly asked: number;
    readonly kept: number;
    readonly dropped: number;
    readonly failed: number;
  };
  readonly complete: boolean;
  /** By knockout: questions that have all its sets. */
  readonly knockouts: readonly { readonly block_desc: string; readonly questions: number }[];
  /** Time spent on the questions, all runs together. */
  readonly seconds: number;
  /** Questions that could not be asked. */
  readonly errors: readonly { readonly row: number; readonly question_id: string; readonly message: string }[];
  /** Damaged lines found in the journal. */
  readonly damaged: number;
}

export function runSummary(experiment: Experiment, journal: JournalReader, limit: number): ReportSummary {
  const { identity, about } = journal.header;
  const counts = { kept: 0, dropped: 0, failed: 0 };
  const present = about.knockouts.map(() => 0);
  const errors: { row: number; question_id: string; message: string }[] = [];
  let seconds = 0;
  for (const record of journal.records(limit)) {
    counts[record.is]++;
    seconds += record.seconds;
    if (record.is === 'kept') record.curves.forEach((curve, i) => (present[i] += curve ? 1 : 0));
    if (record.is === 'failed')
      errors.push({ row: record.row + 1, question_id: record.question_id, message: record.error });
  }
  const asked = counts.kept + counts.dropped + counts.failed;
  const wanted = Math.min(limit, about.rows);
  return {
    experiment: experiment.file,
    started: about.started,
    written: new Date().toISOString(),
    versions: { crossflow: CROSSFLOW_VERSION, onnxruntime: RUNTIME_VERSION, node: process.versions.node },
    machine: { device: identity.device, ...about.machine },
    model: { ...about.model, checkpoint: identity.checkpoint },
    dataset: { csv: about.csv, sha256: identity.csv, task: about.task, rows: about.rows, limit: wanted },
    settings: identity.settings,
    questions: { asked, ...counts },
    complete: counts.kept + counts.dropped === wanted,
    knockouts: curveStyles(about.knockouts).map(({ name }, i) => ({ block_desc: name, questions: present[i] })),
    seconds: Math.round(seconds * 1000) / 1000,
    errors,
    damaged: journal.damaged,
  };
}
