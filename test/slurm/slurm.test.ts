/** A study as a job array on a real Slurm (one-node-slurm.sh start). npm run test:slurm */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crossflow, EXAMPLES, MODEL } from '../cli/crossflow';
import type { StudyStatus } from '../../src/core/study/status';
import { temporaryFolder } from '../support/temporary';

const TASKS = ['ChooseAttr', 'ChooseCat', 'ChooseRel', 'CompareAttr', 'LogicalObj', 'QueryAttr'];
/** With MaxArraySize=8 numbers end at 7: two arrays. */
const SHARDS = 9;
const QUESTIONS = 6 * 60;
const PATIENCE_MS = 10 * 60_000;

interface Submission {
  readonly tasks: readonly number[];
  readonly arrays: readonly { readonly job: string; readonly offset: number; readonly tasks: readonly number[] }[];
}
interface Status extends StudyStatus {
  readonly slurm: readonly { readonly job: string }[];
}

describe('a study on Slurm', function () {
  this.timeout(2 * PATIENCE_MS);
  const folder = temporaryFolder();

  const study = (name: string): string => {
    const csvs = readdirSync(EXAMPLES).filter((file) => file.endsWith('.csv'));
    const file = folder.join(`${name}.study.json`);
    writeFileSync(
      file,
      JSON.stringify({
        models: [{ model: MODEL, prompt: 'vicuna_v1' }],
        tasks: TASKS.map((task) => path.join(EXAMPLES, csvs.find((csv) => csv.endsWith(`_${task}.csv`)) ?? task)),
        images: path.join(EXAMPLES, 'images'),
        windows: [3],
        output: name,
        slurm: { shards: SHARDS, cpus: 1, setup: ['# a "setup" line', 'export CROSSFLOW_TEST=1'] },
      }),
    );
    return file;
  };
  const json = async <T = unknown>(...args: string[]): Promise<T> => {
    const { code, stdout, stderr } = await crossflow(...args, '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as T;
  };
  const submit = (file: string, ...flags: string[]) => json<Submission>('study', 'slurm', file, '--submit', ...flags);
  const statusOf = (file: string) => json<Status>('study', 'status', file);
  const queue = ({ arrays }: Submission): string[] => {
    const jobs = arrays.map(({ job }) => job).join(',');
    return execFileSync('squeue', ['-h', '-r', '-j', jobs, '-o', '%K %T'])
      .toString()
      .trim()
      .split('\n')
      .filter(Boolean);
  };
  const until = async (what: string, is: () => boolean): Promise<void> => {
    const end = Date.now() + PATIENCE_MS;
    while (!is()) {
      if (Date.now() > end) throw new Error(`${what} took too long`);
      await sleep(200);
    }
  };
  /** Rows asked, of every run and every start of a shard: `run row`. */
  const asked = (output: string): string[] => {
    const journals = folder.join(output, 'journal');
    if (!existsSync(journals)) return [];
    return readdirSync(journals).flatMap((run) =>
      readdirSync(path.join(journals, run))
        .filter((name) => name.endsWith('.jsonl'))
        .flatMap((name) => {
          const text = readFileSync(path.join(journals, run, name), 'utf8');
          return [...text.matchAll(/^\{"crc":"\w+","row":(\d+),/gm)].map(([, row]) => `${run} ${row}`);
        }),
    );
  };
  const tables = (output: string): Map<string, string> =>
    new Map(
      TASKS.flatMap((task) =>
        ['information_flow.csv', 'last_position_answer_probs.csv'].map((name): [string, string] => {
          const file = path.join(`shapes-llava-${task}`, name);
          return [file, readFileSync(folder.join(output, file), 'utf8')];
        }),
      ),
    );

  before(() => {
    const config = execFileSync('scontrol', ['show', 'config']).toString();
    assert.match(config, /^MaxArraySize\s*= 8$/m, 'start it with MAX_ARRAY_SIZE=8');
  });

  it(`${SHARDS} shards, two killed by scancel, submitted again, merged: the tables of an undisturbed run`, async () => {
    const file = study('cluster');
    const first = await submit(file);
    assert.deepEqual(
      first.arrays.map(({ tasks, offset }) => [tasks.length, offset]),
      [
        [7, 0],
        [2, 7],
      ],
    );

    // Two tasks in the middle of their work are killed.
    const atWork = async (): Promise<string[]> => {
      const shards = (await statusOf(file)).runs.flatMap((run) => run.shards);
      return shards.flatMap(({ state, slurm }) => (state === 'alive' && slurm !== undefined ? [slurm] : []));
    };
    const victims = new Set<string>();
    while (victims.size < 2) {
      const before = asked('cluster').length;
      await until('a task at work', () => asked('cluster').length > before + 4);
      const [victim] = (await atWork()).filter((name) => !victims.has(name));
      if (victim === undefined) continue;
      execFileSync('scancel', [victim]);
      victims.add(victim);
      // Merging meanwhile does no harm.
      await json('study', 'merge', file);
    }
    await until('the jobs', () => queue(first).length === 0);
    const status = await statusOf(file);
    assert.ok(status.done < QUESTIONS && status.done > 0, `${status.done}`);
    assert.deepEqual(
      status.slurm.map(({ job }) => job),
      first.arrays.map(({ job }) => job),
    );
    assert.equal(new Set(asked('cluster')).size, status.done);

    // What is missing, and nothing else, is submitted again.
    const second = await submit(file);
    const offsets = new Map(first.arrays.map(({ job, offset }) => [job, offset]));
    const shardOf = (name: string): number => Number(name.split('_')[1]) + offsets.get(name.split('_')[0])!;
    const killed = [...victims].map(shardOf).sort((a, b) => a - b);
    assert.deepEqual(second.tasks, killed);
    assert.deepEqual((await submit(file)).tasks, []);
    await until('the second jobs', () => queue(second).length === 0);
    const done = await statusOf(file);
    assert.deepEqual([done.done, done.total], [QUESTIONS, QUESTIONS]);
    assert.deepEqual((await json<Submission>('study', 'slurm', file)).tasks, []);

    // No question was asked twice to its end: each stands once, over all files.
    const rows = asked('cluster');
    assert.equal(rows.length, QUESTIONS);
    assert.equal(new Set(rows).size, QUESTIONS);
    await json('study', 'plot', file, '--tables-only');

    const plain = study('undisturbed');
    await json('study', 'run', plain, '--no-plot');
    await json('study', 'plot', plain, '--tables-only');
    const [want, got] = [tables('undisturbed'), tables('cluster')];
    for (const [name, text] of want) assert.ok(got.get(name) === text, `${name} differs`);
  });

  it('a task that Slurm warns of its time limit stops, is queued again and finishes', async () => {
    const file = study('limit');
    const made = await submit(file, '--shards', '1', '--task', 'ChooseAttr');
    const [{ job }] = made.arrays;
    await until('the first questions', () => asked('limit').length >= 3);
    execFileSync('scancel', ['--signal=USR1', '--batch', `${job}_1`]);
    const log = (): string => readFileSync(folder.join('limit', 'slurm', `${job}_1.log`), 'utf8');
    await until('the second start', () => /ChooseAttr: ([1-9]\d*) of 60 questions/.test(log()));
    await until('the job', () => queue(made).length === 0);
    const rows = asked('limit');
    assert.equal(rows.length, 60);
    assert.equal(new Set(rows).size, 60);
  });
});
