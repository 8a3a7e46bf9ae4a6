import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { usage, type CrossflowError } from '../errors';
import { BEAT_MS } from '../files/heartbeat';
import { fileServerTime, hold, isAtWork, readIfThere, type Held } from '../files/hold';
import { holderSchema, nameOf } from '../files/holder';
import { listFolder } from './journals';
import { ownerFile, shardOfOwner, type Shard } from './place';

const slurmSchema = z.object({ job: z.string(), task: z.string().optional(), restarts: z.int().min(0) });
const ownerSchema = holderSchema.extend({
  token: z.string(),
  /** Of a Slurm job. */
  slurm: slurmSchema.optional(),
  /** Name of the journal file this process writes. */
  journal: z.string(),
  /** Questions of the shard, and how many of them were done before. */
  questions: z.int(),
  before: z.int(),
});
export type Owner = z.infer<typeof ownerSchema>;

export interface OwnerState {
  readonly shard: Shard;
  readonly owner: Owner;
  readonly alive: boolean;
}

/**
 * Claims a shard of a run for this process. Throws CrossflowError `usage` when a living process works on it, or on shards
 * of another number, which would overlap.
 */
export function claimShard(
  folder: string,
  shard: Shard,
  about: Pick<Owner, 'journal' | 'questions' | 'before'>,
  every = BEAT_MS,
): Held {
  const claim = (): Held => claimIn(folder, shard, about, every);
  makeFolder(folder);
  try {
    return claim();
  } catch (e) {
    // Who has merged everything takes an empty folder away (tidy.ts).
    if (existsSync(folder)) throw e;
    makeFolder(folder);
    return claim();
  }
}

function claimIn(
  folder: string,
  shard: Shard,
  about: Pick<Owner, 'journal' | 'questions' | 'before'>,
  every: number,
): Held {
  const slurm = slurmJob(process.env);
  const overlap = owners(folder, fileServerTime(folder), slurm).find((o) => o.alive && o.shard.count !== shard.count);
  if (overlap) throw refusal(overlap, folder, `stop it first, or ask for shards of ${overlap.shard.count}`);
  return hold(
    ownerFile(folder, shard),
    (_, text) =>
      refusal(
        { shard, owner: parse(text) },
        folder,
        `wait for it${shard.count === 1 ? '' : ', or choose another shard'}`,
      ),
    {
      about: { ...(slurm && { slurm }), ...about },
      isGone: (text) => isEarlierStart(parse(text), slurm),
      hint: 'choose another "output" folder',
      every,
    },
  );
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (e) {
    throw usage(`cannot be made: ${(e as Error).message}`, folder, 'choose another "output" folder');
  }
}

/** `owner`: undefined where the file does not tell. */
function refusal(
  { shard, owner }: { readonly shard: Shard; readonly owner: Owner | undefined },
  folder: string,
  hint: string,
): CrossflowError {
  const who = owner ? nameOf(owner) : 'someone';
  const job = owner?.slurm ? `, Slurm job ${jobName(owner.slurm)}` : '';
  const what = shard.count === 1 ? 'this run' : `shard ${shard.index}/${shard.count} of this run`;
  return usage(`${who}${job} works on ${what}`, folder, hint);
}

export const jobName = ({ job, task }: NonNullable<Owner['slurm']>): string =>
  task === undefined ? job : `${job}_${task}`;

/** The owners of a run's shards, dead ones included. `now`: see fileServerTime(). */
export function owners(folder: string, now: number, slurm?: Owner['slurm']): OwnerState[] {
  return listFolder(folder).flatMap((name) => {
    const shard = shardOfOwner(name);
    const text = shard && readIfThere(join(folder, name));
    const state = shard && text !== undefined ? stateOf(join(folder, name), text, shard, now, slurm) : undefined;
    return state ?? [];
  });
}

/** Undefined where the file holds no owner: it was cut off by a crash. */
function stateOf(path: string, text: string, shard: Shard, now: number, me?: Owner['slurm']): OwnerState | undefined {
  const owner = parse(text);
  if (!owner) return undefined;
  return { shard, owner, alive: !isEarlierStart(owner, me) && isAtWork(path, text, () => now) };
}

/** Slurm starts a job again only once its last start has ended. */
const isEarlierStart = (owner: Owner | undefined, me: Owner['slurm']): boolean =>
  owner?.slurm !== undefined &&
  me !== undefined &&
  jobName(me) === jobName(owner.slurm) &&
  owner.slurm.restarts < me.restarts;

function parse(text: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** What Slurm says of the job that this process is part of. */
export function slurmJob(env: NodeJS.ProcessEnv): Owner['slurm'] {
  const job = env.SLURM_ARRAY_JOB_ID ?? env.SLURM_JOB_ID;
  if (job === undefined) return undefined;
  const task = env.SLURM_ARRAY_TASK_ID;
  return { job, ...(task !== undefined && { task }), restarts: Number(env.SLURM_RESTART_COUNT ?? 0) };
}
