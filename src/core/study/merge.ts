import { mergeJournals, type Merged } from '../journal/merge';
import type { PlannedRun } from './types';

export interface MergeOutcome extends Merged {
  readonly run: string;
  readonly model: string;
  readonly task: string;
}

/** mergeJournals() of a study's run. */
export function mergeRun(run: PlannedRun, tidy = false): MergeOutcome | undefined {
  const merged = mergeJournals(run.place, run.experiment, tidy);
  return merged && { run: run.id, model: run.model, task: run.task, ...merged };
}
