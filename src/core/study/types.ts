import type { Experiment } from '../experiment/types';
import type { SlurmSettings } from './schema';

/** One model on one task: a data set experiment with all of the study's knockouts. */
export interface PlannedRun {
  /** Name of its folders: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** What results and figures call the model and the task. */
  readonly model: string;
  readonly task: string;
  /** Its `output` is the folder of the run's merged journal and tables. */
  readonly experiment: DatasetExperiment;
}

export type DatasetExperiment = Experiment & {
  readonly subject: Extract<Experiment['subject'], { readonly kind: 'dataset' }>;
};

/** A parsed `*.study.json`. */
export interface Study {
  /** Absolute path of the file. */
  readonly file: string;
  /** Its name without `.study.json`. */
  readonly name: string;
  /** Absolute folder for results. */
  readonly output: string;
  /** Models in their order, and of each the tasks in theirs. */
  readonly runs: readonly PlannedRun[];
  readonly slurm: SlurmSettings;
}

/** The i-th of n shards, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}
export const WHOLE: Shard = { index: 1, count: 1 };
