/** How far a study is, from its journals and owner files alone: no model is opened, and nothing is written. */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordKind } from '../journal/record';
import { readTable } from '../dataset/table';
import { toCrossflowError } from '../errors';
import { checkSettings, readJournals } from '../journal/journals';
import { jobName, owners, type Owner, type OwnerState } from '../journal/owner';
import type { PlannedRun, Study } from './types';

export interface ShardStatus {
  /** `3/8` */
  readonly shard: string;
  /** `left`: its process ended before the shard was done; a next start goes on. */
  readonly state: 'alive' | 'left';
  readonly host: string;
  readonly pid: number;
  /** `1234_3` */
  readonly slurm?: string;
  /** Questions of the shard. */
  readonly total: number;
  /** Seconds a question took lately. */
  readonly seconds?: number;
}

export interface RunStatus extends Readonly<Record<RecordKind, number>> {
  readonly run: string;
  readonly model: string;
  readonly task: string;
  /** Questions asked for; undefined when the CSV cannot be read. */
  readonly total?: number;
  /** Answered, rightly or wrongly. Questions that failed are asked again. */
  readonly done: number;
  /** Damaged lines of its journals. */
  readonly damaged: number;
  readonly shards: readonly ShardStatus[];
  /** Questions in a minute, of all its living shards together. */
  readonly perMinute?: number;
  /** What is wrong with its results or its CSV, in one line. */
  readonly problem?: string;
}

export interface StudyStatus {
  readonly study: string;
  readonly output: string;
  readonly total: number;
  readonly done: number;
  readonly perMinute?: number;
  /** For what is left of all runs, at the rate of the shards that are alive. */
  readonly secondsLeft?: number;
  readonly runs: readonly RunStatus[];
}

export async function studyStatus(study: Study, chosen: readonly PlannedRun[]): Promise<StudyStatus> {
  const runs: RunStatus[] = [];
  const hashes = new Map<string, Promise<string>>();
  for (const run of chosen) runs.push(await runStatus(run, hashes));
  const sum = (of: (run: RunStatus) => number) => runs.reduce((n, run) => n + of(run), 0);
  const [total, done, perMinute] = [sum((r) => r.total ?? 0), sum((r) => r.done), sum((r) => r.perMinute ?? 0)];
  return {
    study: study.file,
    output: study.output,
    total,
    done,
    ...(perMinute > 0 && { perMinute, secondsLeft: Math.round((60 * (total - done)) / perMinute) }),
    runs,
  };
}

async function runStatus(run: PlannedRun, hashes: Map<string, Promise<string>>): Promise<RunStatus> {
  const folder = run.place.journals;
  // Who only looks writes nothing, so this machine's clock must do.
  const shards = owners(folder, Date.now()).map((state) => shardStatus(folder, state));
  const perMinute = shards.reduce((sum, s) => sum + (s.state === 'alive' && s.seconds ? 60 / s.seconds : 0), 0);
  const { csv, limit = Infinity } = run.experiment.subject;
  let counts: Readonly<Record<RecordKind, number>> = { kept: 0, dropped: 0, failed: 0 };
  let [rows, damaged]: [number | undefined, number] = [undefined, 0];
  let problem: string | undefined;
  try {
    const { header, index, damaged: lines } = readJournals(run.place);
    damaged = lines;
    if (header) {
      counts = index.counts(limit);
      rows = header.about.rows;
      checkSettings(run.place, header, run.experiment);
      const hash = await (hashes.get(csv) ?? remember(hashes, csv));
      if (hash !== header.identity.csv) problem = `${csv} changed since`;
    } else rows = (await readTable(csv)).rows.length;
  } catch (e) {
    problem = toCrossflowError(e).line;
  }
  return {
    run: run.id,
    model: run.model,
    task: run.task,
    ...(rows !== undefined && { total: Math.min(rows, limit) }),
    done: counts.kept + counts.dropped,
    ...counts,
    damaged,
    shards,
    ...(perMinute > 0 && { perMinute }),
    ...(problem !== undefined && { problem }),
  };
}

function shardStatus(folder: string, { shard, owner, alive }: OwnerState): ShardStatus {
  const seconds = recentSeconds(join(folder, owner.journal));
  return {
    shard: `${shard.index}/${shard.count}`,
    state: alive ? 'alive' : 'left',
    host: owner.host,
    pid: owner.pid,
    ...slurmOf(owner),
    total: owner.questions,
    ...(seconds !== undefined && { seconds }),
  };
}

const slurmOf = ({ slurm }: Owner): { slurm?: string } => (slurm ? { slurm: jobName(slurm) } : {});

/** So much of a journal's end is looked at, and so many of its questions. */
const TAIL_BYTES = 256 << 10;
const LOOK_BACK = 20;

/** Mean time of the last questions of a journal; undefined while there is none. */
function recentSeconds(path: string): number | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, tail, 0, tail.length, size - tail.length);
    // In a text of the record the quotes would have backslashes before them.
    const times = [...tail.toString('latin1').matchAll(/"seconds":([\d.e-]+)/g)].map((match) => Number(match[1]));
    const last = times.slice(-LOOK_BACK);
    return last.length > 0 ? last.reduce((a, b) => a + b, 0) / last.length : undefined;
  } finally {
    closeSync(file);
  }
}

function remember(hashes: Map<string, Promise<string>>, csv: string): Promise<string> {
  const hash = sha256(csv);
  hashes.set(csv, hash);
  return hash;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
