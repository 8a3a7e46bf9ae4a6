/**
 * Who works on a shard of a run. Every start of a shard writes a journal file of its own, so nothing can be damaged when
 * two processes work on one shard; owner files see to it that they do not, for that would compute things twice.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { failed, usage, type CrossflowError } from '../errors';
import { BEAT_MS, startHeartbeat } from '../files/heartbeat';
import { hold, readIfThere } from '../files/hold';
import { holderSchema, nameOf, stillRuns, thisProcess } from '../files/holder';
import { ownerFile, shardOfOwner } from './folders';
import type { Shard } from './types';

/** No heartbeat for so long: dead. Far above the time (60 s) for which NFS may show a file as it was. */
export const STALE_MS = 12 * BEAT_MS;

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

export interface Claim {
  /** Throws CrossflowError `failed` when another process took the shard over (this one seemed dead). */
  check(): void;
  release(): void;
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
): Claim {
  mkdirSync(folder, { recursive: true });
  const slurm = slurmJob(process.env);
  const owner: Owner = { ...thisProcess(), token: randomUUID(), ...(slurm && { slurm }), ...about };
  const mine = JSON.stringify(owner);
  const path = ownerFile(folder, shard);
  const now = fileServerTime(folder);
  const overlap = owners(folder, now, slurm).find((o) => o.alive && o.shard.count !== shard.count);
  if (overlap) throw refusal(overlap, folder, `stop it first, or ask for shards of ${overlap.shard.count}`);
  const giveBack = hold(path, mine, (text) => {
    const state = stateOf(path, text, shard, now, slurm);
    return state?.alive ? refusal(state, folder, 'wait for it, or choose another shard') : undefined;
  });
  const stop = startHeartbeat(path, mine, every);
  return {
    check() {
      if (readIfThere(path) === mine) return;
      throw failed('another process has taken this shard over', path, 'results up to here are kept');
    },
    release() {
      stop();
      giveBack();
    },
  };
}

function refusal({ shard, owner }: OwnerState, folder: string, hint: string): CrossflowError {
  const job = owner.slurm ? `, Slurm job ${jobName(owner.slurm)}` : '';
  return usage(`${nameOf(owner)}${job} works on shard ${shard.index}/${shard.count} of this run`, folder, hint);
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
  const beat = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;
  // Slurm starts a job again only once its last start has ended.
  const earlier = me && owner.slurm && jobName(me) === jobName(owner.slurm) && owner.slurm.restarts < me.restarts;
  return { shard, owner, alive: !earlier && (stillRuns(owner) ?? now - beat < STALE_MS) };
}

function parse(text: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Clocks of machines differ: the time of the one that keeps the files counts. Throws CrossflowError `usage`. */
export function fileServerTime(folder: string): number {
  const probe = join(folder, `.${randomUUID()}.probe`);
  try {
    writeFileSync(probe, '');
    return statSync(probe).mtimeMs;
  } catch (e) {
    throw usage(`cannot be written to: ${(e as Error).message}`, folder, 'choose another "output" folder');
  } finally {
    rmSync(probe, { force: true });
  }
}

/** What Slurm says of the job that this process is part of. */
export function slurmJob(env: NodeJS.ProcessEnv): Owner['slurm'] {
  const job = env.SLURM_ARRAY_JOB_ID ?? env.SLURM_JOB_ID;
  if (job === undefined) return undefined;
  const task = env.SLURM_ARRAY_TASK_ID;
  return { job, ...(task !== undefined && { task }), restarts: Number(env.SLURM_RESTART_COUNT ?? 0) };
}

export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
