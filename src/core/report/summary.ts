import type { Settings } from '../journal/identity';
import type { JournalReader } from '../journal/reader';
import type { Machine } from '../journal/machine';
import type { JournalHeader, RowRecord } from '../journal/record';
import { CROSSFLOW_VERSION, RUNTIME_VERSION } from '../journal/version';
import type { Experiment } from '../experiment/types';
import { curveStyles } from './figures/labels';

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

/** What a run's records come to, added up while something else is made of them. */
export class RunCounts {
  readonly questions = { kept: 0, dropped: 0, failed: 0 };
  /** By knockout: questions that have all its sets. */
  readonly present: number[];
  readonly errors: ReportSummary['errors'][number][] = [];
  seconds = 0;

  constructor({ about }: JournalHeader) {
    this.present = about.knockouts.map(() => 0);
  }

  add(record: RowRecord): void {
    this.questions[record.is]++;
    this.seconds += record.seconds;
    if (record.is === 'kept') record.curves.forEach((curve, i) => (this.present[i] += curve ? 1 : 0));
    if (record.is === 'failed')
      this.errors.push({ row: record.row + 1, question_id: record.question_id, message: record.error });
  }
}

export function runSummary(
  experiment: Experiment,
  { header, damaged }: Pick<JournalReader, 'header' | 'damaged'>,
  { questions, present, errors, seconds }: RunCounts,
  limit: number,
): ReportSummary {
  const { identity, about } = header;
  const asked = questions.kept + questions.dropped + questions.failed;
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
    questions: { asked, ...questions },
    complete: questions.kept + questions.dropped === wanted,
    knockouts: curveStyles(about.knockouts).map(({ name }, i) => ({ block_desc: name, questions: present[i] })),
    seconds: Math.round(seconds * 1000) / 1000,
    errors,
    damaged,
  };
}
