import type { Experiment } from '../experiment/types';
import type { Place } from '../journal/place';
import type { SlurmSettings } from './schema';

/** One model on one task: a data set experiment with all of the study's knockouts. */
export interface PlannedRun {
  /** Name of its folders: letters, digits, `.`, `_` and `-`; empty for a data set's own run. */
  readonly id: string;
  /** What results and figures call the model and the task. */
  readonly model: string;
  readonly task: string;
  /** Its `output` is the folder of the run's tables. */
  readonly experiment: DatasetExperiment;
  /** Where its results lie. */
  readonly place: Place;
}

export type DatasetExperiment = Experiment & {
  readonly subject: Extract<Experiment['subject'], { readonly kind: 'dataset' }>;
};

/** A parsed `*.study.json`, or a data set experiment: a study of one run. */
export interface Study {
  readonly kind: 'study' | 'dataset';
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
