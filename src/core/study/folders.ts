/**
 * Where a study's files lie, below its output folder:
 *
 *     journal/<run>/                      journals of a run's starts (journal/place.ts)
 *     <run>/journal.jsonl                 the run's results, merged
 *     <run>/information_flow.csv …        its tables
 *     figures/, report.html, report.md    the study's figures and report
 *     slurm/                              script, logs and numbers of submitted jobs
 */
import { join } from 'node:path';
import { JOURNAL_FILE, JOURNALS, type Place } from '../journal/place';
import type { Study } from './types';

/** `id`: the run's. */
export const placeOf = (output: string, id: string): Place => ({
  journals: join(output, JOURNALS, id),
  merged: join(output, id, JOURNAL_FILE),
});
export const slurmFolder = ({ output }: Pick<Study, 'output'>): string => join(output, 'slurm');
