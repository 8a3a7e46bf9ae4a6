/** What Slurm says of a study's jobs: squeue for those that wait and run, sacct (where it is kept) for those that ended. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { writeBeside } from '../files/write-beside';
import { failed, usage } from '../errors';
import { slurmFolder } from './folders';
import type { Study } from './types';

const jobsSchema = z.array(
  z.object({
    job: z.string(),
    /** ISO 8601 */
    submitted: z.string(),
    /** Shards of the study when it was submitted, and those that the job does. */
    count: z.int(),
    tasks: z.array(z.int()),
    /** What a task of the array adds to its number for that of its shard. */
    offset: z.int().default(0),
  }),
);
export type SubmittedJob = z.infer<typeof jobsSchema>[number];

const jobsFile = (study: Study): string => join(slurmFolder(study), 'jobs.json');

/** The jobs that were submitted for this study. Throws CrossflowError `usage` when their list is damaged. */
export function submittedJobs(study: Study): SubmittedJob[] {
  let text: string;
  try {
    text = readFileSync(jobsFile(study), 'utf8');
  } catch {
    return [];
  }
  try {
    return jobsSchema.parse(JSON.parse(text));
  } catch {
    throw usage('is damaged', jobsFile(study), 'delete it; the journals do not need it');
  }
}

export const rememberJob = (study: Study, job: SubmittedJob): void => writeJobs(study, [...submittedJobs(study), job]);

export function forgetJobs(study: Study, jobs: readonly string[]): void {
  const kept = submittedJobs(study).filter(({ job }) => !jobs.includes(job));
  writeJobs(study, kept);
}

function writeJobs(study: Study, jobs: readonly SubmittedJob[]): void {
  mkdirSync(slurmFolder(study), { recursive: true });
  writeBeside(jobsFile(study), [JSON.stringify(jobs, null, 2) + '\n']);
}

export interface QueueStatus {
  readonly job: string;
  readonly submitted: string;
  /** Tasks of the array. */
  readonly tasks: number;
  /** Tasks by state: `RUNNING`, `PENDING`, and of accounting `COMPLETED`, `CANCELLED` … */
  readonly states: Readonly<Record<string, number>>;
  /** Shards whose tasks wait or run, by their state. */
  readonly queued: ReadonlyMap<number, string>;
  /** Shards of the study when it was submitted. */
  readonly count: number;
  /** Why nothing is known. */
  readonly unknown?: string;
}

/** The study's jobs, newest last; none where none was submitted. */
export async function queueStatus(study: Study): Promise<QueueStatus[]> {
  return Promise.all(
    submittedJobs(study).map(async ({ job, submitted, tasks, count, offset }) => {
      const about = { job, submitted, tasks: tasks.length, count };
      const queue = await queuedTasks(job);
      if (typeof queue === 'string') return { ...about, states: {}, queued: new Map<number, string>(), unknown: queue };
      const ended = await endedTasks(job, queue);
      const states: Record<string, number> = {};
      for (const state of [...queue.values(), ...ended]) states[state] = (states[state] ?? 0) + 1;
      const queued = new Map([...queue].map(([index, state]) => [index + offset, state]));
      return { ...about, states, queued };
    }),
  );
}

const run = promisify(execFile);
const PATIENCE_MS = 30_000;

/** Tasks that wait or run, or why they are not known. A job that has left the queue has none. */
async function queuedTasks(job: string): Promise<Map<number, string> | string> {
  try {
    // -r: one line for each task of an array, %K: its number.
    const { stdout } = await run('squeue', ['-h', '-r', '-j', job, '-o', '%K %T'], { timeout: PATIENCE_MS });
    const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/));
    return new Map(lines.flatMap(([task, state]) => (/^\d+$/.test(task) ? [[Number(task), state] as const] : [])));
  } catch (e) {
    const { code, stderr } = e as NodeJS.ErrnoException & { stderr?: string };
    if (/invalid job id/i.test(stderr ?? '')) return new Map();
    return code === 'ENOENT' ? 'squeue is not on this machine' : firstLine(stderr) || 'squeue failed';
  }
}

/** States of tasks that have ended; none where no accounting is kept. */
async function endedTasks(job: string, queue: ReadonlyMap<number, string>): Promise<string[]> {
  try {
    const { stdout } = await run('sacct', ['-n', '-X', '-P', '-j', job, '-o', 'JobID,State'], { timeout: PATIENCE_MS });
    return stdout.split('\n').flatMap((line) => {
      const [, task, state] = /_(\d+)\|(\w+)/.exec(line) ?? [];
      return task === undefined || queue.has(Number(task)) ? [] : [state];
    });
  } catch {
    return [];
  }
}

/**
 * Submits a script, to begin when the job `after` has ended if one is named; gives the job's number.
 * @throws CrossflowError `failed` with what sbatch said
 */
export async function submit(script: string, after?: string): Promise<string> {
  const options = after === undefined ? [] : [waitFor(after)];
  try {
    const { stdout } = await run('sbatch', ['--parsable', ...options, script], { timeout: PATIENCE_MS });
    const [job] = stdout.trim().split(';');
    if (/^\d+$/.test(job)) return job;
    throw failed(`sbatch gave no job number: ${firstLine(stdout)}`, script);
  } catch (e) {
    const { code, stderr, message } = e as NodeJS.ErrnoException & { stderr?: string };
    if (code === 'ENOENT') throw usage('sbatch is not on this machine', undefined, `submit ${script} on the cluster`);
    throw failed(`sbatch refused: ${saidBy('sbatch', stderr) || message}`, script);
  }
}

/** The option of sbatch. */
export const waitFor = (job: string): string => `--dependency=afterany:${job}`;

/** Takes jobs out of the queue. @throws CrossflowError `failed` with what scancel said */
export async function cancelJobs(jobs: readonly string[]): Promise<void> {
  try {
    await run('scancel', [...jobs], { timeout: PATIENCE_MS });
  } catch (e) {
    const { stderr, message } = e as NodeJS.ErrnoException & { stderr?: string };
    throw failed(`scancel refused: ${saidBy('scancel', stderr) || message}`);
  }
}

/** What a command wrote on standard error, in one line. */
const saidBy = (command: string, text = ''): string =>
  text.trim().split('\n').map((line) => line.replace(`${command}: error: `, '')).join('; '); // prettier-ignore

const firstLine = (text = ''): string => text.trim().split('\n')[0];
