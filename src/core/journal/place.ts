/**
 * Where the results of one run lie (a model on a task, alone or in a study):
 *
 *     <journals>/<i>-of-<n>.jsonl     results of shard i of n; <i>-of-<n>.2.jsonl and so on of its later starts
 *     <journals>/<i>-of-<n>.owner     who works on the shard now
 *     <merged>                        all of it in one journal, in the order of the CSV
 *
 * Results count wherever they lie: a start reads all of these files and adds one of its own.
 */
import { join } from 'node:path';

/** Absolute paths. */
export interface Place {
  /** Folder of the journals of its starts. */
  readonly journals: string;
  /** The merged journal. Journals of earlier builds, which data set runs appended to, are read as such. */
  readonly merged: string;
}

export const JOURNAL_FILE = 'journal.jsonl';
/** Beside a run's merged journal, or above those of a study. */
export const JOURNALS = 'journal';

/** Of a run that has a folder of its own. */
export const placeIn = (folder: string): Place => ({
  journals: join(folder, JOURNALS),
  merged: join(folder, JOURNAL_FILE),
});

/** The i-th of n shards, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}
export const WHOLE: Shard = { index: 1, count: 1 };

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
