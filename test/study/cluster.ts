/**
 * A cluster made of small programs on the PATH that answer as Slurm 22.05 does (its words were recorded from a real one
 * with accounts: one node, slurmdbd) and keep a queue in a folder.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcome, start, type Outcome } from '../cli/crossflow';

export interface ClusterSettings {
  readonly maxArraySize?: number;
  /** Limits on jobs are held; left out: they are not. */
  readonly enforced?: boolean;
  /** Lines of `sacctmgr -n -P show assoc`: account, partition, default QOS, QOS, MaxSubmitJobs. */
  readonly associations?: readonly string[];
  /** Lines of `sacctmgr -n -P show qos`: name, MaxSubmitJobsPerUser. */
  readonly qualities?: readonly string[];
  /** What the cluster holds, whether sacctmgr tells it or not. */
  readonly holds?: number;
  /** Commands that are not on this machine. */
  readonly missing?: readonly string[];
}
interface Task {
  readonly job: string;
  readonly index: number;
}

const COMMANDS = ['scontrol', 'sacctmgr', 'squeue', 'sbatch', 'scancel'];

/** Runs as one of the commands, in a process of its own. */
const PROGRAM = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
const [name, ...args] = process.argv.slice(2);
const at = (file) => path.join(FOLDER, file);
const settings = JSON.parse(readFileSync(at('settings.json'), 'utf8'));
const queue = JSON.parse(readFileSync(at('queue.json'), 'utf8'));
const keep = (tasks) => writeFileSync(at('queue.json'), JSON.stringify(tasks));
appendFileSync(at('log'), [name, ...args].join(' ') + '\\n');
const say = (text) => process.stdout.write(text === '' ? '' : text + '\\n');
const refuse = (...lines) => { process.stderr.write(lines.map((l) => name + ': error: ' + l + '\\n').join('')); process.exit(1); };
const spread = (array) => array.replace(/%\\d+$/, '').split(',').flatMap((part) => {
  const [from, to = from] = part.split('-').map(Number);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
});
if (name === 'scontrol' && args.includes('config')) say([
  'Configuration data as of 2025-11-27T23:45:12',
  'AccountingStorageEnforce = ' + (settings.enforced ? 'associations,limits,qos' : 'none'),
  'ClusterName             = one',
  'MaxArraySize            = ' + (settings.maxArraySize ?? 1001),
].join('\\n'));
else if (name === 'scontrol') say('PartitionName=all AllowGroups=ALL Default=YES QoS=N/A DefaultTime=NONE State=UP');
else if (name === 'sacctmgr' && args.includes('assoc')) say((settings.associations ?? []).join('\\n'));
else if (name === 'sacctmgr' && args.includes('user')) say('lab');
else if (name === 'sacctmgr') say((settings.qualities ?? ['normal|']).join('\\n'));
else if (name === 'squeue' && args.includes('-j')) {
  const tasks = queue.filter(({ job }) => job === args[args.indexOf('-j') + 1]);
  if (tasks.length === 0) refuse('Invalid job id specified');
  say(tasks.map(({ index }) => index + ' PENDING').join('\\n'));
} else if (name === 'squeue') say(queue.map(() => 'lab|normal|all').join('\\n'));
else if (name === 'scancel') keep(queue.filter(({ job }) => !args.includes(job)));
else if (name === 'sbatch') {
  const [, array] = /^#SBATCH --array=(.*)$/m.exec(readFileSync(args.at(-1), 'utf8'));
  const indices = spread(array);
  if (indices.some((i) => i >= (settings.maxArraySize ?? 1001)))
    refuse('Batch job submission failed: Invalid job array specification');
  if (queue.length + indices.length > (settings.holds ?? Infinity))
    refuse('AssocMaxSubmitJobLimit', "Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)");
  const last = existsSync(at('last')) ? Number(readFileSync(at('last'), 'utf8')) : 0;
  writeFileSync(at('last'), String(last + 1));
  keep([...queue, ...indices.map((index) => ({ job: String(last + 1), index }))]);
  say(String(last + 1));
}
`;

export class Cluster {
  private readonly bin: string;

  constructor(
    private readonly folder: string,
    settings: ClusterSettings,
  ) {
    this.bin = join(folder, 'bin');
    mkdirSync(this.bin, { recursive: true });
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
    this.tasks = [];
    const program = join(folder, 'program.mjs');
    writeFileSync(program, PROGRAM.replaceAll('FOLDER', JSON.stringify(folder)));
    for (const name of COMMANDS.filter((command) => !settings.missing?.includes(command)))
      writeFileSync(join(this.bin, name), `#!/bin/sh\nexec '${process.execPath}' '${program}' ${name} "$@"\n`, { mode: 0o755 }); // prettier-ignore
  }

  /** Tasks that wait. */
  get tasks(): readonly Task[] {
    return JSON.parse(readFileSync(join(this.folder, 'queue.json'), 'utf8')) as Task[];
  }
  set tasks(tasks: readonly Task[]) {
    writeFileSync(join(this.folder, 'queue.json'), JSON.stringify(tasks));
  }

  /** Calls so far, of one command. */
  calls(name: string): string[] {
    const file = join(this.folder, 'log');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    return lines.filter((line) => line.startsWith(`${name} `));
  }

  /** `crossflow study …` on a machine of the cluster. */
  crossflow(...args: string[]): Promise<Outcome> {
    const { SBATCH_ACCOUNT: _, SBATCH_QOS: __, SBATCH_PARTITION: ___, ...env } = process.env;
    // Nothing but the cluster's commands: a Slurm of this machine must not answer for those that are missing.
    return outcome(start(['study', ...args], { env: { ...env, PATH: this.bin } }));
  }
}
