import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cutIntoArrays } from '../../src/core/study/slurm-submit';
import { temporaryFolder } from '../support/temporary';
import { Cluster, type ClusterSettings } from './cluster';
import { writeStudy } from './studies';

interface Submission {
  readonly count: number;
  readonly tasks: readonly number[];
  readonly arrays: readonly { script: string; tasks: number[]; offset: number; job?: string }[];
}

/** sbatch and its kin are programs of Unix. */
(process.platform === 'win32' ? describe.skip : describe)('a cluster with small limits', () => {
  const folder = temporaryFolder();
  let number = 0;
  /** A study of 20 questions, each on a picture of its own, and a cluster. */
  function given(settings: ClusterSettings, slurm: object) {
    const name = `s${++number}`;
    const file = writeStudy(folder.path, name, ['QueryAttr'], { limit: 20, slurm });
    return { file, name, cluster: new Cluster(folder.join(`cluster${number}`), settings) };
  }
  const submitted = ({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): Submission => {
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Submission;
  };
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

  it('cuts shards into arrays by the largest index; a shard keeps its place', () => {
    assert.deepEqual(cutIntoArrays([1, 2, 3], 1000), [{ offset: 0, shards: [1, 2, 3] }]);
    assert.deepEqual(cutIntoArrays(range(1, 9), 7), [
      { offset: 0, shards: range(1, 7) },
      { offset: 7, shards: [8, 9] },
    ]);
    assert.deepEqual(cutIntoArrays([14, 15], 7), [
      { offset: 7, shards: [14] },
      { offset: 14, shards: [15] },
    ]);
    assert.throws(() => cutIntoArrays([1], 0), /takes no job arrays/);
  });

  it('MaxArraySize=8: nine shards are two arrays, and the high ones can be submitted again', async () => {
    const { file, name, cluster } = given({ maxArraySize: 8 }, { shards: 9, command: 'echo' });
    const first = submitted(await cluster.crossflow('slurm', file, '--submit', '--json'));
    assert.deepEqual(
      first.arrays.map(({ tasks, offset, job }) => [tasks, offset, job]),
      [
        [range(1, 7), 0, '1'],
        [[8, 9], 7, '2'],
      ],
    );
    assert.deepEqual(
      cluster.tasks.map(({ job, index }) => `${job}_${index}`),
      ['1_1', '1_2', '1_3', '1_4', '1_5', '1_6', '1_7', '2_1', '2_2'],
    );
    // Each task asks the questions of its own shard.
    const shardOf = (script: string, index: number): string => {
      const env = { ...process.env, SLURM_ARRAY_TASK_ID: String(index), SLURM_ARRAY_JOB_ID: '1' };
      return / --shard (\S+)/.exec(spawnSync('bash', [script], { env, encoding: 'utf8' }).stdout)?.[1] ?? '';
    };
    assert.equal(shardOf(first.arrays[0].script, 7), '7/9');
    assert.equal(shardOf(first.arrays[1].script, 2), '9/9');

    const status = await cluster.crossflow('status', file, '--json');
    const { slurm } = JSON.parse(status.stdout) as { slurm: { queued: Record<string, string> }[] };
    assert.deepEqual(
      slurm.flatMap(({ queued }) => Object.keys(queued)),
      range(1, 9).map(String),
    );
    assert.deepEqual(submitted(await cluster.crossflow('slurm', file, '--submit', '--json')).tasks, []);

    // The task of shard 9 was lost: it alone is submitted again, by its index in the second array.
    cluster.tasks = cluster.tasks.filter(({ job, index }) => job !== '2' || index !== 2);
    const again = submitted(await cluster.crossflow('slurm', file, '--submit', '--json'));
    assert.deepEqual([again.tasks, again.arrays[0].offset, again.arrays.length], [[9], 7, 1]);
    assert.deepEqual(cluster.tasks.at(-1), { job: '3', index: 2 });
    assert.equal(shardOf(again.arrays[0].script, 2), '9/9');
    assert.ok(existsSync(folder.join(name, 'slurm', 'jobs.json')));
  });

  it('at most so many at once, over all arrays: each waits for the one before', async () => {
    const { file, cluster } = given({ maxArraySize: 4 }, { shards: 6, parallel: 2 });
    const { stdout } = await cluster.crossflow('slurm', file);
    assert.match(stdout, /job=\$\(sbatch --parsable .*1-of-2\.sh\)\n.*--dependency=afterany:\$job .*2-of-2\.sh\)/);
    submitted(await cluster.crossflow('slurm', file, '--submit', '--json'));
    assert.deepEqual(
      cluster.calls('sbatch').map((call) => / --dependency=\S+/.exec(call)?.[0]),
      [undefined, ' --dependency=afterany:1'],
    );
  });

  const LIMITED: ClusterSettings = { enforced: true, associations: ['lab||normal||4', 'big||normal||9'], holds: 4 };

  it('MaxSubmitJobs=4: eight tasks are refused with the numbers, and nothing is submitted; the hint works', async () => {
    const { file, cluster } = given(LIMITED, { shards: 8 });
    const refused = await cluster.crossflow('slurm', file, '--submit');
    assert.deepEqual([refused.code, refused.stdout], [2, '']);
    assert.match(refused.stderr, /8 tasks are more than the cluster takes: account lab allows 4 jobs at a time \(MaxSubmitJobs\)/); // prettier-ignore
    assert.match(refused.stderr, /use --shards 4/);
    assert.deepEqual(cluster.calls('sbatch'), []);
    const four = submitted(await cluster.crossflow('slurm', file, '--submit', '--json', '--shards', '4'));
    assert.deepEqual([four.tasks, cluster.tasks.length], [range(1, 4), 4]);
  });

  it('where no number of shards is asked for, as many as the cluster takes', async () => {
    const { file, cluster } = given(LIMITED, {});
    cluster.tasks = [{ job: '99', index: 1 }];
    const made = submitted(await cluster.crossflow('slurm', file, '--submit', '--json'));
    assert.deepEqual([made.count, made.tasks], [3, range(1, 3)]);
  });

  it('what is in the queue counts, and a limit that leaves no room says so', async () => {
    const { file, cluster } = given(LIMITED, { shards: 2 });
    cluster.tasks = range(1, 3).map((index) => ({ job: '99', index }));
    const refused = await cluster.crossflow('slurm', file, '--submit');
    assert.match(refused.stderr, /2 tasks are more .* allows 4 jobs .* and 3 of yours are in the queue \(use --shards 1\)/); // prettier-ignore
    cluster.tasks = range(1, 4).map((index) => ({ job: '99', index }));
    const full = await cluster.crossflow('slurm', file, '--submit', '--shards', '1');
    assert.match(full.stderr, /1 task.* 4 of yours are in the queue \(submit again when some of them have ended\)/);
    assert.deepEqual(cluster.calls('sbatch'), []);
  });

  it("a QOS's own limit goes before the account's", async () => {
    const settings = { ...LIMITED, qualities: ['normal|6', 'short|2'], holds: 6 };
    const { file, cluster } = given(settings, { shards: 6 });
    assert.equal(submitted(await cluster.crossflow('slurm', file, '--submit', '--json')).tasks.length, 6);
    const short = given(settings, { shards: 3, qos: 'short' });
    const refused = await short.cluster.crossflow('slurm', short.file, '--submit');
    assert.match(refused.stderr, /QOS short allows 2 jobs/);
  });

  it('the last array is refused by a cluster that told no limit: the others are cancelled and forgotten', async () => {
    const settings = { maxArraySize: 4, holds: 7, missing: ['sacctmgr'] };
    const { file, name, cluster } = given(settings, { shards: 8 });
    const refused = await cluster.crossflow('slurm', file, '--submit');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /sbatch refused: AssocMaxSubmitJobLimit; .*what had been submitted \(job 1, 2\) is cancelled/); // prettier-ignore
    assert.deepEqual(cluster.tasks, []);
    assert.deepEqual(JSON.parse(readFileSync(folder.join(name, 'slurm', 'jobs.json'), 'utf8')), []);
  });

  it('a cluster without arrays is said; a machine that has none of the commands writes the script as ever', async () => {
    const none = given({ maxArraySize: 0 }, { shards: 2 });
    const refused = await none.cluster.crossflow('slurm', none.file);
    assert.deepEqual([refused.code, refused.stdout], [2, '']);
    assert.match(refused.stderr, /takes no job arrays/);
    const missing = ['scontrol', 'sacctmgr', 'squeue', 'sbatch', 'scancel'];
    const bare = given({ missing }, { shards: 9 });
    const { code, stdout } = await bare.cluster.crossflow('slurm', bare.file);
    assert.equal(code, 0);
    assert.match(stdout, /^\S+s\d+\.sh: 9 of 9 shards \(1-9\)\nsubmit it: sbatch \S+\.sh\n$/);
  });
});
