import { readDataset } from '../dataset/rows';
import { readJournals } from './journals';
import { shardsWith } from './shards';
import type { PlannedRun, Study } from './types';

/** The shards (from 1) that have questions left to ask in any of these runs. */
export async function missingShards(study: Study, runs: readonly PlannedRun[], count: number): Promise<number[]> {
  const missing = new Set<number>();
  for (const run of runs) {
    const { rows } = await readDataset(run.experiment.subject);
    const { index } = readJournals(study, run);
    for (const shard of shardsWith(rows, count, (row) => !index.isDone(row.index))) missing.add(shard);
  }
  return [...missing].sort((a, b) => a - b);
}
