import { readDataset } from '../dataset/rows';
import { readJournals } from '../journal/journals';
import { shardsWith } from './shards';
import type { PlannedRun } from './types';

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
