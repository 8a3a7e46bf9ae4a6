import { imageGroups } from '../dataset/ask';
import { type DatasetRow, readDataset } from '../dataset/rows';
import { usage } from '../errors';
import type { Shard } from '../journal/place';
import { MAX_SHARDS } from './schema';
import { readJournals } from '../journal/journals';
import type { PlannedRun } from './types';

/** `3/8`, as `--shard` takes it. Throws CrossflowError `usage`. */
export function parseShard(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text.trim()) ?? []).map(Number);
  if (index >= 1 && index <= count && count <= MAX_SHARDS) return { index, count };
  throw usage(`"${text}" is not a shard`, undefined, `write i/n, e.g. 3/8: from 1/n to n/n, n at most ${MAX_SHARDS}`);
}

/**
 * The rows of a shard: pictures are dealt out in turn, in the order of their first rows, with all their questions. So
 * questions on one picture share its prefix, shards differ by one picture at most, and a picture stays where it is when
 * the limit is raised.
 */
export function rowsOfShard(rows: readonly DatasetRow[], { index, count }: Shard): DatasetRow[] {
  return [...imageGroups(rows).values()].filter((_, i) => shardOf(i, count) === index).flat();
}

/** The shards (from 1) that have such a row. */
export function shardsWith(
  rows: readonly DatasetRow[],
  count: number,
  wanted: (row: DatasetRow) => boolean,
): ReadonlySet<number> {
  return new Set(
    [...imageGroups(rows).values()].flatMap((group, i) => (group.some(wanted) ? [shardOf(i, count)] : [])),
  );
}

const shardOf = (picture: number, count: number): number => (picture % count) + 1;

/** The shards (from 1) that have questions left to ask in any of these runs. */
export async function missingShards(runs: readonly PlannedRun[], count: number): Promise<number[]> {
  const missing = new Set<number>();
  for (const run of runs) {
    const { rows } = await readDataset(run.experiment.subject);
    const { index } = readJournals(run.place);
    for (const shard of shardsWith(rows, count, (row) => !index.isDone(row.index))) missing.add(shard);
  }
  return [...missing].sort((a, b) => a - b);
}
