/** Submits a study's job arrays, all of them or none. */
import { CrossflowError, toCrossflowError, usage } from '../errors';
import type { SubmitLimit } from './slurm-limits';
import { cancelJobs, forgetJobs, rememberJob, submit } from './slurm-queue';
import type { Study } from './types';

export interface ReadyArray extends ArrayPart {
  /** Path of its script. */
  readonly script: string;
}

/**
 * Submits the arrays in order and remembers their jobs; gives the jobs' numbers. With `slurm.parallel`, which Slurm
 * holds in each array by itself, one array begins when the one before it has ended.
 *
 * @param count shards of the study
 * @throws CrossflowError with what sbatch said; then those that were submitted are cancelled
 */
export async function submitArrays(study: Study, count: number, arrays: readonly ReadyArray[]): Promise<string[]> {
  const jobs: string[] = [];
  try {
    for (const { script, shards, offset } of arrays) {
      const job = await submit(script, study.slurm.parallel === undefined ? undefined : jobs.at(-1));
      jobs.push(job);
      rememberJob(study, { job, submitted: new Date().toISOString(), count, tasks: [...shards], offset });
    }
    return jobs;
  } catch (e) {
    throw jobs.length === 0 ? e : await takeBack(study, jobs, toCrossflowError(e));
  }
}

async function takeBack(study: Study, jobs: readonly string[], why: CrossflowError): Promise<CrossflowError> {
  const { kind, message, place } = why;
  try {
    await cancelJobs(jobs);
    forgetJobs(study, jobs);
    return new CrossflowError(kind, `${message}; what had been submitted (job ${jobs.join(', ')}) is cancelled`, place);
  } catch (e) {
    const hint = `scancel ${jobs.join(' ')}, or leave them: what they do counts`;
    return new CrossflowError(kind, `${message}; job ${jobs.join(', ')} is in the queue: ${toCrossflowError(e).message}`, place, hint); // prettier-ignore
  }
}

/** @throws CrossflowError `usage` when the cluster will not take so many tasks */
export function checkRoom(study: Study, tasks: number, { limit, inQueue, of }: SubmitLimit, isOurs: boolean): void {
  const room = limit - inQueue;
  if (tasks <= room) return;
  const queue = inQueue === 0 ? '' : `, and ${inQueue} of yours ${inQueue === 1 ? 'is' : 'are'} in the queue`;
  const message = `${tasks} tasks are more than the cluster takes: ${of} allows ${limit} jobs at a time (MaxSubmitJobs)${queue}`;
  // The number of shards can change only while none of this study's tasks is in the queue.
  const hint = room > 0 && !isOurs ? `use --shards ${room}` : 'submit again when some of them have ended';
  throw usage(message, study.file, hint);
}

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
