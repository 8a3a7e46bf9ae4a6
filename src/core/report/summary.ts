import type { Experiment } from '../experiment/types';
import type { Settings } from '../journal/identity';
import type { Machine } from '../journal/machine';
import type { JournalHeader } from '../journal/record';
import { CROSSFLOW_VERSION, RUNTIME_VERSION } from '../journal/version';
import { curveStyles } from './figures/labels';
import type { RunFindings } from './findings';

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
  readonly errors: RunFindings['errors'];
  /** Damaged lines found in the journals that this was made of. */
  readonly damaged: number;
}

export function runSummary({ file, subject }: Experiment, findings: RunFindings, damaged: number): ReportSummary {
  const { run, kept, dropped, failed, present, errors, seconds } = findings;
  const { identity, about } = run.header;
  const wanted = Math.min((subject.kind === 'dataset' ? subject.limit : undefined) ?? Infinity, about.rows);
  return {
    experiment: file,
    started: about.started,
    written: new Date().toISOString(),
    versions: { crossflow: CROSSFLOW_VERSION, onnxruntime: RUNTIME_VERSION, node: process.versions.node },
    machine: { device: identity.device, ...about.machine },
    model: { ...about.model, checkpoint: identity.checkpoint },
    dataset: { csv: about.csv, sha256: identity.csv, task: about.task, rows: about.rows, limit: wanted },
    settings: identity.settings,
    questions: { asked: kept + dropped + failed, kept, dropped, failed },
    complete: kept + dropped === wanted,
    knockouts: curveStyles(about.knockouts).map(({ name }, i) => ({ block_desc: name, questions: present[i] })),
    seconds: Math.round(seconds * 1000) / 1000,
    errors,
    damaged,
  };
}
