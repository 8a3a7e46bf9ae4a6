/** `crossflow study status` and `crossflow study merge` */
import type { RunStatus, StudyStatus } from '../core/study/status';
import type { QueueStatus } from '../core/study/slurm-queue';
import { pace } from '../core/words';
import { reportLine } from './report';
import { print } from './streams';
import { load, type StudyFlags } from './study-load';
import { table } from './table';

export type StatusOptions = StudyFlags;

export async function status(file: string, options: StatusOptions): Promise<number> {
  const { study, runs } = await load(file, options);
  const { studyStatus } = await import('../core/study/status');
  const { queueStatus } = await import('../core/study/slurm-queue');
  const [found, slurm] = [await studyStatus(study, runs), await queueStatus(study)];
  await print(options.json ? JSON.stringify({ ...found, slurm: slurm.map(plainJob) }) + '\n' : describe(found, slurm));
  return found.runs.some((run) => run.problem !== undefined) ? 1 : 0;
}

/** JSON knows no maps. */
const plainJob = ({ queued, ...job }: QueueStatus) => ({ ...job, queued: Object.fromEntries(queued) });

const right = (title: string) => ({ title, right: true });

function describe(status: StudyStatus, slurm: readonly QueueStatus[]): string {
  const columns = [
    { title: 'model' },
    { title: 'task' },
    right('done'),
    right('of'),
    right('right'),
    right('failed'),
    right('a minute'),
    { title: 'shards' },
  ];
  const rows = status.runs.map((run) => [
    ...[run.model, run.task, String(run.done), run.total === undefined ? '?' : String(run.total)],
    ...[String(run.kept), String(run.failed), run.perMinute === undefined ? '' : run.perMinute.toFixed(1)],
    shardsOf(run),
  ]);
  const { done, total, perMinute, secondsLeft } = status;
  const share = total > 0 ? ` (${((100 * done) / total).toFixed(1)} %)` : '';
  const lines = [`${done} of ${total} questions done${share}${pace(perMinute, secondsLeft)}`, ...slurm.map(queueLine)];
  const problems = status.runs.flatMap(({ model, task, problem, damaged }) => [
    ...(problem === undefined ? [] : [`${model} on ${task}: ${problem}`]),
    ...(damaged > 0 ? [`${model} on ${task}: ${damaged} damaged journal lines; their questions are asked again`] : []),
  ]);
  return table(columns, rows) + [...lines, ...problems].join('\n') + '\n';
}

function shardsOf({ shards, done, total }: RunStatus): string {
  const named = (state: 'alive' | 'left') => shards.filter((s) => s.state === state).map((s) => s.shard);
  const [alive, left] = [named('alive'), named('left')];
  const parts = [
    ...(alive.length > 0 ? [`${alive.length} at work (${some(alive)})`] : []),
    ...(left.length > 0 ? [`${left.length} left unfinished (${some(left)})`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : done === total ? 'done' : '';
}

const MOST_NAMED = 8;
const some = (names: readonly string[]): string =>
  names.slice(0, MOST_NAMED).join(' ') + (names.length > MOST_NAMED ? ' …' : '');

function queueLine({ job, submitted, tasks, states, unknown }: QueueStatus): string {
  const counts = Object.entries(states).map(([state, n]) => `${n} ${state.toLowerCase()}`);
  const what = unknown ?? (counts.length > 0 ? counts.join(', ') : 'no longer in the queue');
  return `Slurm job ${job} (${tasks} tasks, submitted ${submitted}): ${what}`;
}

export interface MergeOptions extends StudyFlags {
  readonly tidy?: boolean;
}

/** Gives the exit code: 1 when there is nothing to merge. */
export async function merge(file: string, options: MergeOptions): Promise<number> {
  const { study, runs } = await load(file, options);
  const { mergeRun } = await import('../core/study/merge');
  const merged = runs.flatMap((run) => mergeRun(run, options.tidy) ?? []);
  if (options.json) await print(JSON.stringify(merged) + '\n');
  else if (merged.length > 0) {
    const columns = [{ title: 'model' }, { title: 'task' }, ...['right', 'wrong', 'failed', 'shards'].map(right)];
    const rows = merged.map((m) => [m.model, m.task, ...[m.kept, m.dropped, m.failed, m.shards].map(String)]);
    const written = merged.filter((m) => m.written).length;
    await print(`${table(columns, rows)}${written} of ${merged.length} merged journals written in ${study.output}\n`);
  }
  for (const { model, task, damaged } of merged) {
    if (damaged > 0) reportLine(`${model} on ${task}: ${damaged} damaged lines left out; run the study again for them`);
  }
  if (merged.length === 0) reportLine(`${study.output}: no results yet (run the study first)`);
  return merged.length === 0 ? 1 : 0;
}
