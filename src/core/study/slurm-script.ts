/** The script of a Slurm job array: task i asks the questions of shard i, or of shard i + offset. */
import type { SlurmSettings } from './schema';
import { slurmFolder } from './folders';
import type { Study } from './types';

/**
 * Seconds before a time limit at which Slurm warns a task, so that it can end its step and be queued again: a step of a
 * large model on few cores takes minutes, and so does loading it, which nothing interrupts.
 */
const WARN_SECONDS = 300;

export interface ScriptOptions {
  /** Shards of the study. */
  readonly count: number;
  /** Those that this array does, from 1; left out: all. */
  readonly shards?: readonly number[];
  /** What a task adds to its number for that of its shard; left out: 0. */
  readonly offset?: number;
  /** How crossflow is started: a command and its first arguments. */
  readonly command: readonly string[];
  /** What `study run` is told beside the file and the shard. */
  readonly flags: readonly string[];
}

/** The text of the script. */
export function slurmScript(study: Study, { count, shards, offset = 0, command, flags }: ScriptOptions): string {
  const { slurm } = study;
  const warn = slurm.warn ?? usualWarning(slurm.time);
  const options = [
    `--job-name=${oneWord(`crossflow-${study.name}`)}`,
    `--array=${arrayOf((shards ?? allShards(count)).map((shard) => shard - offset))}${slurm.parallel === undefined ? '' : `%${slurm.parallel}`}`,
    `--output=${inScript(`${slurmFolder(study).replaceAll('%', '%%')}/%A_%a.log`)}`,
    // A task that is queued again goes on in the same log.
    '--open-mode=append',
    '--requeue',
    `--signal=B:USR1@${warn}`,
    ...given(slurm),
    ...(slurm.options ?? []),
  ];
  const start = slurm.command ?? command.map(quoted).join(' ');
  const threads = slurm.cpus === undefined ? [] : ['--threads', String(slurm.cpus)];
  const shard = offset === 0 ? '$SLURM_ARRAY_TASK_ID' : `$((SLURM_ARRAY_TASK_ID + ${offset}))`;
  const rest = ['study', 'run', study.file, '--no-plot', ...threads, ...flags].map(quoted).join(' ');
  return `#!/bin/bash
# Written by: crossflow study slurm. Each task of the array asks its share of the questions and keeps each result at
# once; what is done is never asked again, so tasks may be killed, queued again and submitted anew as often as needed.
${options.map((option) => `#SBATCH ${option}`).join('\n')}

${(slurm.setup ?? []).map((text) => `${text}\n`).join('')}
# ${warn} s before the time limit: stop after the question at hand, and queue this task again.
again=
trap 'again=yes; kill -TERM "$child" 2>/dev/null' USR1
trap 'kill -TERM "$child" 2>/dev/null' TERM INT

${start} ${rest} --shard "${shard}/${count}" &
child=$!
# wait ends with each signal; the child's own code is what counts.
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done
if [ -n "$again" ] && [ "$code" -eq 130 ]; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
`;
}

const given = ({ partition, account, qos, time, memory, cpus }: SlurmSettings): string[] =>
  Object.entries({ partition, account, qos, time, mem: memory, 'cpus-per-task': cpus }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${inScript(String(value))}`],
  );

const allShards = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** `1-3,5` */
export function arrayOf(tasks: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const task of [...tasks].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === task - 1) last[1] = task;
    else ranges.push([task, task]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}

/** A value as sbatch reads it from a line of the script: quotes keep blanks together, a backslash what comes next. */
const inScript = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;

/** Not more than a quarter of a short time limit, or a task would hardly begin before it is queued again. */
function usualWarning(time: string | undefined): number {
  const limit = secondsOf(time);
  return limit === undefined ? WARN_SECONDS : Math.max(1, Math.min(WARN_SECONDS, Math.floor(limit / 4)));
}

/** Of what `--time` takes: `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M`, `D-H:M:S`. */
function secondsOf(time = ''): number | undefined {
  const [, days, first, second, third] = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(time.trim()) ?? [];
  if (first === undefined) return undefined;
  const [a, b, c] = [first, second, third].map((part) => Number(part ?? 0));
  if (days !== undefined) return 86_400 * Number(days) + 3600 * a + 60 * b + c;
  return third === undefined ? 60 * a + b : 3600 * a + 60 * b + c;
}

/** A word for the shell. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

const oneWord = (text: string): string => text.replace(/[^\w.-]+/g, '_');
