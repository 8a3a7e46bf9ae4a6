/** `crossflow study slurm`: the scripts of a study's job arrays, and their submission. */
import { join } from 'node:path';
import { usage } from '../core/errors';
import { slurmFolder } from '../core/study/folders';
import { missingShards } from '../core/study/shards';
import { prepareRuns, type Preparing } from '../core/study/prepare';
import { MAX_SHARDS } from '../core/study/schema';
import { checkRoom, cutIntoArrays, type ReadyArray, submitArrays } from '../core/study/slurm-submit';
import { clusterLimits, USUAL_LAST_INDEX } from '../core/study/slurm-limits';
import { queueStatus, waitFor } from '../core/study/slurm-queue';
import { arrayOf, slurmScript } from '../core/study/slurm-script';
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
  const asked = options.shards ?? study.slurm.shards;
  if (asked !== undefined && (!Number.isInteger(asked) || asked < 1 || asked > MAX_SHARDS)) {
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

  const { lastIndex = USUAL_LAST_INDEX, submit: limit } = await clusterLimits(study.slurm);
  const queue = (await queueStatus(study)).filter((job) => job.queued.size > 0);
  const room = limit ? limit.limit - limit.inQueue : Infinity;
  const count = asked ?? queue[0]?.count ?? Math.max(1, Math.min(DEFAULT_SHARDS, room));
  const other = queue.find((job) => job.count !== count);
  if (other) {
    const hint = `cancel it (scancel ${other.job}), or use --shards ${other.count}`;
    throw usage(`job ${other.job} works on this study with ${other.count} shards`, study.file, hint);
  }
  const queued = new Set(queue.flatMap((job) => [...job.queued.keys()]));
  const missing = await missingShards(runs, count);
  const tasks = missing.filter((shard) => !queued.has(shard));
  if (tasks.length === 0) {
    const why = missing.length === 0 ? 'every question is done' : 'what is missing is in the queue already';
    reportLine(`${study.file}: ${why}; nothing to submit`);
    if (options.json) await print(JSON.stringify({ count, tasks: [], arrays: [] }) + '\n');
    return 0;
  }
  const parts = cutIntoArrays(tasks, lastIndex);
  if (options.submit && limit) checkRoom(study, tasks.length, limit, queue.length > 0);
  const arrays: ReadyArray[] = parts.map((part, i) => ({ ...part, script: scriptPath(study, i, parts.length) }));
  for (const { script, shards, offset } of arrays) {
    await writeWhole(
      script,
      slurmScript(study, { count, shards, offset, command: thisCommand(), flags: flagsOf(options, study) }),
    );
  }
  const jobs = options.submit ? await submitArrays(study, count, arrays) : undefined;
  const json = arrays.map(({ script, shards, offset }, i) => ({ script, tasks: shards, offset, ...(jobs && { job: jobs[i] }) })); // prettier-ignore
  await print(
    options.json
      ? JSON.stringify({ count, tasks, arrays: json }) + '\n'
      : arrays.map(({ script, shards }) => `${script}: ${shards.length} of ${count} shards (${arrayOf(shards)})\n`).join('') + // prettier-ignore
          next(study, file, arrays, jobs),
  );
  return 0;
}

/** What to do now. */
function next(study: Study, file: string, arrays: readonly ReadyArray[], jobs: readonly string[] | undefined): string {
  if (jobs) return `${jobs.length === 1 ? 'job' : 'jobs'} ${jobs.join(', ')}; see: crossflow study status ${file}\n`;
  if (arrays.length === 1) return `submit it: sbatch ${arrays[0].script}\n`;
  const chained = study.slurm.parallel !== undefined;
  const lines = arrays.map(({ script }, i) => {
    if (!chained) return `  sbatch ${script}`;
    return `  job=$(sbatch --parsable ${i === 0 ? '' : `${waitFor('$job')} `}${script})`;
  });
  return `submit them:\n${lines.join('\n')}\n`;
}

const scriptPath = (study: Study, i: number, of: number): string =>
  join(slurmFolder(study), `${study.name}${of === 1 ? '' : `-${i + 1}-of-${of}`}.sh`);

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
