/**
 * Where a study's files lie, below its output folder:
 *
 *     journal/<run>/<i>-of-<n>.jsonl      results of shard i of n; <i>-of-<n>.2.jsonl and so on of its later starts
 *     journal/<run>/<i>-of-<n>.owner      who works on the shard now
 *     <run>/journal.jsonl                 the run's results, merged
 *     <run>/information_flow.csv …        its tables
 *     figures/, report.html, report.md    the study's figures and report
 *     slurm/                              script, logs and numbers of submitted jobs
 */
import { join } from 'node:path';
import type { PlannedRun, Shard, Study } from './types';

type Place = Pick<Study, 'output'>;

export const journalFolder = ({ output }: Place, run: PlannedRun): string => join(output, 'journal', run.id);
export const mergedJournal = (run: PlannedRun): string => join(run.experiment.output, 'journal.jsonl');
export const slurmFolder = ({ output }: Place): string => join(output, 'slurm');

const shardName = ({ index, count }: Shard): string => `${index}-of-${count}`;

/** The file of a shard's k-th start, from 1. */
export const shardFile = (folder: string, shard: Shard, start: number): string =>
  join(folder, `${shardName(shard)}${start === 1 ? '' : `.${start}`}.jsonl`);
export const ownerFile = (folder: string, shard: Shard): string => join(folder, `${shardName(shard)}.owner`);

const SHARD_FILE = /^(\d+)-of-(\d+)(?:\.\d+)?\.jsonl$/;
const OWNER_FILE = /^(\d+)-of-(\d+)\.owner$/;
const shardIn = (pattern: RegExp, name: string): Shard | undefined => {
  const [, index, count] = pattern.exec(name) ?? [];
  return index === undefined ? undefined : { index: Number(index), count: Number(count) };
};
export const shardOfFile = (name: string): Shard | undefined => shardIn(SHARD_FILE, name);
export const shardOfOwner = (name: string): Shard | undefined => shardIn(OWNER_FILE, name);
