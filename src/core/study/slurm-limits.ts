/** What a cluster allows: the largest number of an array's task, and how many jobs a user may have waiting and running. */
import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import type { SlurmSettings } from './schema';

/** Of a cluster that does not say: Slurm's default of MaxArraySize is 1001, and numbers end one below. */
export const USUAL_LAST_INDEX = 1000;

/** How many more jobs the cluster takes of this user; each task of an array is one. */
export interface SubmitLimit {
  readonly limit: number;
  /** Jobs that count towards it and are in the queue. */
  readonly inQueue: number;
  /** Whose limit it is: `account lab`, `QOS short`. */
  readonly of: string;
}

export interface ClusterLimits {
  /** Largest number of an array's task; 0 where arrays are switched off. Undefined: the cluster does not say. */
  readonly lastIndex?: number;
  /** Undefined: there is none, or the cluster does not say. */
  readonly submit?: SubmitLimit;
}

/**
 * Asks `scontrol` and, where limits are enforced, `sacctmgr` and `squeue`. What is missing or fails says nothing: then
 * sbatch has the last word.
 */
export async function clusterLimits(slurm: SlurmSettings): Promise<ClusterLimits> {
  const config = fields(await says('scontrol', ['show', 'config']));
  const size = Number(config.get('MaxArraySize') ?? NaN);
  const enforced = /\b(limits|safe)\b/.test(config.get('AccountingStorageEnforce') ?? '');
  const submit = enforced ? await submitLimit(config.get('ClusterName'), chosen(slurm)) : undefined;
  return { ...(Number.isInteger(size) && { lastIndex: Math.max(0, size - 1) }), ...(submit && { submit }) };
}

/** What sbatch will be asked for; undefined: the user's default. */
interface Choice {
  readonly account?: string;
  readonly qos?: string;
  readonly partition?: string;
}

/**
 * Slurm takes the first limit that is set, of the partition's QOS, the job's QOS and the user's association
 * (https://slurm.schedmd.com/resource_limits.html). An association shows what it inherits as its own.
 */
async function submitLimit(cluster: string | undefined, choice: Choice): Promise<SubmitLimit | undefined> {
  const user = userInfo().username;
  const [partition, associations, users, qualities, queue] = await Promise.all([
    partitionOf(choice.partition),
    rows(
      'assoc',
      ['where', `user=${user}`, ...(cluster === undefined ? [] : [`cluster=${cluster}`])],
      [...['Account', 'Partition', 'DefaultQOS', 'QOS', 'MaxSubmitJobs']],
    ),
    rows('user', [user], ['DefaultAccount']),
    rows('qos', [], ['Name', 'MaxSubmitJobsPerUser']),
    ownJobs(user),
  ]);
  const account = choice.account ?? users[0]?.[0];
  const own = associations.filter(([name]) => name === account);
  // An association of one partition alone goes before that of all.
  const association = own.find(([, name]) => name !== '' && name === partition?.name) ?? own.find(([, name]) => !name);
  const qos = choice.qos ?? (association?.[2] || usualOf(association?.[3]));
  const ofQos = (name: string | undefined) => numberOf(qualities.find(([known]) => known === name)?.[1]);
  const candidates: [limit: number | undefined, of: string, counts: (job: OwnJob) => boolean][] = [
    [ofQos(partition?.qos), `QOS ${partition?.qos ?? ''}`, (job) => job.partition === partition?.name],
    [ofQos(qos), `QOS ${qos ?? ''}`, (job) => job.qos === qos],
    [numberOf(association?.[4]), `account ${account ?? ''}`, (job) => job.account === account],
  ];
  const first = candidates.find(([limit]) => limit !== undefined);
  if (first?.[0] === undefined) return undefined;
  return { limit: first[0], of: first[1], inQueue: queue.filter(first[2]).length };
}

/** The environment goes before the script, and of the script's lines the last counts. */
function chosen({ account, qos, partition, options = [] }: SlurmSettings): Choice {
  const pick = (name: string, letter: string, setting: string | undefined): string | undefined => {
    const given = options.flatMap((o) => new RegExp(`^(?:--${name}[= ]|-${letter} ?)(\\S+)$`).exec(o)?.[1] ?? []);
    return process.env[`SBATCH_${name.toUpperCase()}`] ?? given.at(-1) ?? setting;
  };
  const found = { account: pick('account', 'A', account), qos: pick('qos', 'q', qos), partition: pick('partition', 'p', partition) }; // prettier-ignore
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The named partition, or the default one. */
async function partitionOf(name: string | undefined): Promise<{ name: string; qos?: string } | undefined> {
  const lines = (await says('scontrol', ['show', 'partition', '-o'])).split('\n');
  const one = lines.find((line) => (name === undefined ? / Default=YES /.test(line) : line.startsWith(`PartitionName=${name} `))); // prettier-ignore
  const [, found] = /^PartitionName=(\S+)/.exec(one ?? '') ?? [];
  if (found === undefined) return undefined;
  const [, qos] = / QoS=(\S+)/.exec(one ?? '') ?? [];
  return { name: found, ...(qos !== undefined && qos !== 'N/A' && { qos }) };
}

interface OwnJob {
  readonly account: string;
  readonly qos: string;
  readonly partition: string;
}

/** One for each task of an array. */
async function ownJobs(user: string): Promise<OwnJob[]> {
  const lines = (await says('squeue', ['-h', '-r', '-u', user, '-o', '%a|%q|%P'])).split('\n').filter(Boolean);
  return lines.map((line) => {
    const [account = '', qos = '', partition = ''] = line.trim().split('|');
    return { account, qos, partition };
  });
}

/** Lines of sacctmgr, a field each. */
async function rows(what: string, where: readonly string[], format: readonly string[]): Promise<string[][]> {
  const text = await says('sacctmgr', ['-n', '-P', 'show', what, ...where, `format=${format.join(',')}`]);
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split('|')]));
}

/** `Name    = value`, of `scontrol show config`. */
function fields(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^(\w+)\s*= *(.*)$/.exec(line.trim()));
  return new Map(lines.flatMap((match) => (match ? [[match[1], match[2].trim()] as const] : [])));
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
/** Of the QOS that an association may use, the one that Slurm takes where none is its default. */
function usualOf(list = ''): string | undefined {
  const names = list.split(',');
  return names.includes('normal') ? 'normal' : names.length === 1 ? names[0] : undefined;
}

const run = promisify(execFile);
const PATIENCE_MS = 30_000;

/** What a command writes; nothing where it is missing or fails. */
async function says(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, args, { timeout: PATIENCE_MS, maxBuffer: 64 << 20 })).stdout;
  } catch {
    return '';
  }
}
