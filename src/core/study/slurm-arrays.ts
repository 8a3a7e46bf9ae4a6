/** The job arrays that do a study's shards, where a cluster's arrays do not reach as far as its shards do. */
import { usage } from '../errors';

/** Task i of the array does shard `i + offset`. */
export interface ArrayPart {
  readonly offset: number;
  /** Shards, from 1, in order. */
  readonly shards: readonly number[];
}

/**
 * Cuts shards into arrays whose tasks are numbered from 1 to `lastIndex` at most. A shard always stands in the same
 * place, whatever else is submitted with it; where all numbers fit, there is one array and no offset.
 * @throws CrossflowError `usage` when the cluster has no arrays
 */
export function cutIntoArrays(shards: readonly number[], lastIndex: number): ArrayPart[] {
  if (lastIndex < 1) {
    const hint = 'start each shard by itself: crossflow study run FILE --shard 1/N';
    throw usage(`this cluster takes no job arrays (MaxArraySize is ${lastIndex + 1} or less)`, undefined, hint);
  }
  const parts = new Map<number, number[]>();
  for (const shard of [...shards].sort((a, b) => a - b)) {
    const offset = Math.floor((shard - 1) / lastIndex) * lastIndex;
    parts.set(offset, [...(parts.get(offset) ?? []), shard]);
  }
  return [...parts].map(([offset, own]) => ({ offset, shards: own }));
}
