/** `crossflow study slurm`: the script of a job array, and its submission. */
import { join } from 'node:path';
import { usage } from '../core/errors';
import { MAX_SHARDS } from '../core/study/schema';
import { slurmFolder } from '../core/study/folders';
import { missingShards } from '../core/study/missing';
import { prepareRuns, type Preparing } from '../core/study/prepare';
import { arrayOf, slurmScript } from '../core/study/slurm-script';
import { queueStatus, rememberJob, submit } from '../core/study/slurm-queue';
import type { Study } from '../core/study/types';
import { interruptSignal } from './interrupt';
import { engineOptions, modelFolder, type EngineFlags } from './model';
import { progressBar } from './progress';
import { reportLine, reportWarnings } from './report';
import { print, writeWhole } from './streams';
import { load, type StudyFlags } from './study-load';

export interface SlurmOptions extends StudyFlags, Pick<EngineFlags, 'device' | 'memory' | 'force' | 'yes'> {
  readonly shards?: number;
  readonly submit?: boolean;
}

const DEFAULT_SHARDS = 8;

export async function slurm(file: string, options: SlurmOptions): Promise<number> {
  const { study, runs } = await load(file, options, (problems) => reportWarnings(problems, file));
  const count = options.shards ?? study.slurm.shards ?? DEFAULT_SHARDS;
  if (!Number.isInteger(count) || count < 1 || count > MAX_SHARDS) {
    throw usage(`--shards must be a whole number from 1 to ${MAX_SHARDS}`);
  }
  // What every task would refuse is said before anything waits in a queue.
  const { yes } = options;
  const bar = await progressBar();
  const fetching = { signal: interruptSignal(), bar, ...(yes && { yes }) };
  const folderOf: Preparing['folderOf'] = (model) => modelFolder(model, fetching);
  // Whether they fit is asked on the nodes: their memory is not this machine's.
  const { problems, warnings } = await prepareRuns(study, runs, { folderOf, engine: engineOptions(options) });
  bar.stop();
  reportWarnings(warnings, file);
  if (problems[0]) throw problems[0].error;
  const queued = await queuedShards(study, count);
  const missing = await missingShards(runs, count);
  const tasks = missing.filter((task) => !queued.has(task));
  if (tasks.length === 0) {
    const why = missing.length === 0 ? 'every question is done' : 'what is missing is in the queue already';
    reportLine(`${study.file}: ${why}; nothing to submit`);
    if (options.json) await print(JSON.stringify({ tasks: [] }) + '\n');
    return 0;
  }
  const script = join(slurmFolder(study), `${study.name}.sh`);
  const text = slurmScript(study, { count, tasks, command: thisCommand(), flags: flagsOf(options, study) });
  await writeWhole(script, text);
  const job = options.submit ? await submit(script) : undefined;
  if (job !== undefined) rememberJob(study, { job, submitted: new Date().toISOString(), count, tasks });
  if (options.json) await print(JSON.stringify({ script, tasks, count, ...(job !== undefined && { job }) }) + '\n');
  else {
    const array = `${tasks.length} of ${count} shards (${arrayOf(tasks)})`;
    const next = job === undefined ? `submit it: sbatch ${script}` : `job ${job}; see: crossflow study status ${file}`;
    await print(`${script}: ${array}\n${next}\n`);
  }
  return 0;
}

/** Shards that wait or run already. Throws CrossflowError `usage` when those are shards of another number. */
async function queuedShards(study: Study, count: number): Promise<ReadonlySet<number>> {
  const queue = (await queueStatus(study)).filter((job) => job.queued.size > 0);
  const other = queue.find((job) => job.count !== count);
  if (other) {
    const hint = `cancel it (scancel ${other.job}), or use --shards ${other.count}`;
    throw usage(`job ${other.job} works on this study with ${other.count} shards`, study.file, hint);
  }
  return new Set(queue.flatMap((job) => [...job.queued.keys()]));
}

/** As this process was started, by paths that hold on every node that sees the same disk. */
const thisCommand = (): string[] => [process.execPath, ...process.execArgv, process.argv[1]];

function flagsOf({ model, task, output, device, memory, force }: SlurmOptions, study: Study): string[] {
  return [
    ...(model ?? []).flatMap((name) => ['--model', name]),
    ...(task ?? []).flatMap((name) => ['--task', name]),
    ...(output === undefined ? [] : ['--output', study.output]),
    ...(device === undefined ? [] : ['--device', device]),
    ...(memory === undefined ? [] : ['--memory', String(memory)]),
    ...(force ? ['--force'] : []),
  ];
}
