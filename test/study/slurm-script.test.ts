import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { movedTo, parseStudy } from '../../src/core/study/parse';
import { rememberJob, submittedJobs } from '../../src/core/study/slurm-queue';
import { arrayOf, slurmScript } from '../../src/core/study/slurm-script';
import { parseShard } from '../../src/core/study/shards';
import { temporaryFolder } from '../support/temporary';

describe('script of a Slurm job array', () => {
  const folder = temporaryFolder();
  const study = (slurm: object) => {
    const text = { models: ['./m'], tasks: ['a.csv'], images: 'i', output: 'out', slurm };
    const { study: parsed } = parseStudy(JSON.stringify(text), folder.join("it's a study.study.json"));
    assert.ok(parsed);
    return parsed;
  };

  it('names arrays shortly, and reads shards', () => {
    assert.equal(arrayOf([1, 2, 3, 5, 8, 7]), '1-3,5,7-8');
    assert.deepEqual(parseShard('3/8'), { index: 3, count: 8 });
    for (const text of ['0/8', '9/8', '1', 'a/b', '1/99999', ''])
      assert.throws(() => parseShard(text), /is not a shard/);
  });

  it('says what the study asks of the cluster', () => {
    const slurm = { partition: 'long', account: 'me', qos: 'q', time: '01:00:00', memory: '8G', cpus: 4, parallel: 3, options: ['--constraint=a'] }; // prettier-ignore
    const text = slurmScript(study(slurm), { count: 8, shards: [1, 2, 7], command: ['node'], flags: [] });
    for (const option of ['array=1-2,7%3', 'partition=long', 'account=me', 'qos=q', 'time=01:00:00', 'mem=8G', 'cpus-per-task=4', 'constraint=a', 'requeue']) {
      assert.ok(text.includes(`#SBATCH --${option}\n`), option);
    } // prettier-ignore
    assert.ok(text.includes('#SBATCH --signal=B:USR1@300\n'));
    assert.match(text, / --threads 4 --shard "\$SLURM_ARRAY_TASK_ID\/8" &/);
  });

  it('keeps blanks, quotes and % of names as sbatch reads them, and warns early enough', () => {
    const optionsOf = (slurm: object) => slurmScript(study(slurm), { count: 1, command: ['node'], flags: [] });
    const place = folder.join('out').replaceAll('%', '%%');
    assert.ok(optionsOf({}).includes(`#SBATCH --output=${place}/slurm/%A_%a.log\n`));
    const moved = movedTo(study({ account: 'my "lab"' }), '/results/50% of\\ it');
    const text = slurmScript(moved, { count: 1, command: ['node'], flags: [] });
    assert.ok(text.includes('#SBATCH --output="/results/50%% of\\\\ it/slurm/%A_%a.log"\n'), text);
    assert.ok(text.includes('#SBATCH --account="my \\"lab\\""\n'), text);
    const warnings: [slurm: object, seconds: number][] = [
      [{}, 300], [{ time: '1-00' }, 300], [{ time: '10' }, 150], [{ time: '2:00' }, 30], [{ time: '00:02:00' }, 30],
      [{ time: 'UNLIMITED' }, 300], [{ time: '10', warn: 60 }, 60],
    ]; // prettier-ignore
    for (const [slurm, seconds] of warnings) assert.match(optionsOf(slurm), new RegExp(`USR1@${seconds}\n`));
  });

  it('runs: names with blanks and quotes arrive, signals are passed on, and only a warned task is queued again', function () {
    if (process.platform === 'win32') this.skip();
    const script = folder.join('script.sh');
    const bin = folder.join('bin');
    mkdirSync(bin);
    writeFileSync(`${bin}/scontrol`, '#!/bin/bash\necho "scontrol $*"\n', { mode: 0o755 });
    const child = folder.join('a child.mjs');
    writeFileSync(
      child,
      `console.log(JSON.stringify(process.argv.slice(2)));
      const wait = setTimeout(() => process.exit(3), process.env.LONG ? 60000 : 0);
      process.on('SIGTERM', () => setTimeout(() => process.exit(130), 50));
      if (process.env.LONG) console.log('ready');`,
    );
    const text = slurmScript(study({ setup: ['export SET=up'] }), {
      ...{ count: 4, command: [process.execPath, child], flags: ['--task', "it's $HOME"] },
    });
    writeFileSync(script, text);
    const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, SLURM_ARRAY_TASK_ID: '2', SLURM_ARRAY_JOB_ID: '77' };
    const plain = spawnSync('bash', [script], { env, encoding: 'utf8' });
    assert.equal(plain.status, 3, plain.stderr);
    const file = folder.join("it's a study.study.json");
    const args = ['study', 'run', file, '--no-plot', '--task', "it's $HOME", '--shard', '2/4'];
    assert.deepEqual(JSON.parse(plain.stdout), args);
    const signalled = (signal: string) =>
      spawnSync('bash', ['-c', `rm -f "$0.log"; LONG=1 bash "$0" > "$0.log" & pid=$!; until grep -q ready "$0.log" 2>/dev/null; do sleep 0.05; done; kill -${signal} $pid; wait $pid; code=$?; cat "$0.log"; exit $code`, script], { env, encoding: 'utf8' }); // prettier-ignore
    const warned = signalled('USR1');
    assert.deepEqual([warned.status, /scontrol requeue 77_2/.test(warned.stdout)], [130, true], warned.stderr);
    const stopped = signalled('TERM');
    assert.deepEqual([stopped.status, /scontrol/.test(stopped.stdout)], [130, false], stopped.stderr);
  });

  it('remembers submitted jobs', () => {
    const parsed = study({});
    assert.deepEqual(submittedJobs(parsed), []);
    const job = { job: '12', submitted: '2025-01-01T00:00:00.000Z', count: 8, tasks: [1, 2], offset: 0 };
    rememberJob(parsed, job);
    rememberJob(parsed, { ...job, job: '13' });
    assert.deepEqual(submittedJobs(parsed).map((j) => j.job), ['12', '13']); // prettier-ignore
    writeFileSync(folder.join('out/slurm/jobs.json'), '{');
    assert.throws(() => submittedJobs(parsed), /is damaged/);
  });
});
