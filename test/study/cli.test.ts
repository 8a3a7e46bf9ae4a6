import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { crossflow, outcome, start } from '../cli/crossflow';
import { temporaryFolder } from '../support/temporary';
import { MODEL, writeStudy } from './studies';

describe('crossflow study', () => {
  const folder = temporaryFolder();

  it('is stopped by Ctrl-C, says how far it is, goes on, merges and makes tables', async () => {
    const file = writeStudy(folder.path, 'cli', ['QueryAttr', 'LogicalObj'], { limit: 4 });
    const none = await crossflow('study', 'merge', file);
    assert.deepEqual([none.code, none.stdout], [1, '']);
    const child = start(['study', 'run', file, '--no-plot']);
    const journal = folder.join('cli', 'journal');
    const begun = (): boolean =>
      existsSync(journal) && readdirSync(journal, { recursive: true }).some((name) => String(name).endsWith('.jsonl'));
    const poll = setInterval(() => {
      if (!begun()) return;
      // Once: a second Ctrl-C would end the process at once.
      clearInterval(poll);
      child.kill('SIGINT');
    }, 10);
    const stopped = await outcome(child);
    clearInterval(poll);
    assert.equal(stopped.code, 130, stopped.stderr);
    const status = await crossflow('study', 'status', file, '--json');
    const { done, total, runs } = JSON.parse(status.stdout) as { done: number; total: number; runs: { shards: unknown[] }[] }; // prettier-ignore
    assert.ok(done > 0 && done < total && total === 8, status.stdout);
    assert.ok(runs.every((run) => run.shards.length === 0));
    const rest = await crossflow('study', 'run', file, '--no-plot', '--json');
    assert.equal(rest.code, 0, rest.stderr);
    const outcomes = (JSON.parse(rest.stdout) as { runs: { resumed: number; total: number }[] }).runs;
    assert.equal(outcomes.reduce((sum, run) => sum + run.resumed, 0), done); // prettier-ignore
    const table = await crossflow('study', 'status', file);
    assert.match(table.stdout, /shapes-llava +QueryAttr +4 +4 .*done\n[^]*8 of 8 questions done \(100\.0 %\)/);
    const plot = await crossflow('study', 'plot', file, '--tables-only', '--task', 'QueryAttr');
    assert.equal(plot.code, 0, plot.stderr);
    assert.equal(plot.stdout.trim().split('\n').length, 3);
    assert.match(readFileSync(plot.stdout.split('\n')[0], 'utf8'), /^question_id,image,goden answer/);

    // Results of older settings in one run's folder leave the others' alone.
    const models = [
      { model: MODEL, prompt: 'vicuna_v1' },
      { model: MODEL, name: 'other', prompt: 'llava_llama_3' },
    ];
    const two = writeStudy(folder.path, 'two', ['QueryAttr'], { models, output: 'cli', limit: 4 });
    cpSync(`${journal}/shapes-llava-QueryAttr`, `${journal}/other-QueryAttr`, { recursive: true });
    const rest2 = await crossflow('study', 'plot', two, '--tables-only');
    assert.deepEqual([rest2.code, rest2.stdout.trim().split('\n').length], [2, 3], rest2.stderr);
    assert.match(rest2.stderr, /^crossflow: .*other-QueryAttr: holds results of another run: .*\n$/);

    // The queue of a cluster, as squeue tells it.
    mkdirSync(folder.join('cli', 'slurm'));
    const job = { job: '7', submitted: '2025-01-01T00:00:00.000Z', count: 2, tasks: [1, 2] };
    writeFileSync(folder.join('cli', 'slurm', 'jobs.json'), JSON.stringify([job]));
    mkdirSync(folder.join('bin'));
    writeFileSync(folder.join('bin', 'squeue'), '#!/bin/sh\necho 1 RUNNING; echo 2 PENDING\n', { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder.join('bin')}${delimiter}${process.env['PATH']}` };
    const queue = await outcome(start(['study', 'status', file, '--json'], { env }));
    const { slurm } = JSON.parse(queue.stdout) as { slurm: { queued: object }[] };
    if (process.platform !== 'win32') assert.deepEqual(slurm[0].queued, { 1: 'RUNNING', 2: 'PENDING' });
  });

  it('alone says what it can be asked', async () => {
    const { code, stdout, stderr } = await crossflow('study');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /Usage: crossflow study/);
    assert.doesNotMatch(stderr, /outputHelp/);
  });

  it('wrong usage ends with 2 and one line, and writes nothing', async () => {
    const good = writeStudy(folder.path, 'good', ['QueryAttr'], { limit: 2 });
    const bad = writeStudy(folder.path, 'bad', ['QueryAttr'], { knockouts: ['Question->Lost'] });
    const cases: [args: string[], pattern: RegExp][] = [
      [['run', good, '--shard', '3/2'], /"3\/2" is not a shard/],
      [['run', good, '--task', 'QueryAtr'], /no task "QueryAtr" \(did you mean "QueryAttr"\?\)/],
      [['run', bad], /bad\.study\.json:1:\d+: unknown set "Lost"/],
      [['run', folder.join('none.study.json')], /no such file/],
      [['slurm', good, '--shards', '0'], /--shards must be a whole number/],
      [['plot', good], /no results yet/],
      [['run', '--model', 'nobody', '--task', 'QueryAttr', good], /no model "nobody"/],
      [['runn', good], /unknown command 'runn'/],
    ];
    for (const [args, pattern] of cases) {
      const { code, stdout, stderr } = await crossflow('study', ...args);
      assert.deepEqual([code, stdout], [2, ''], `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, pattern);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
    assert.ok(!existsSync(folder.join('good')) && !existsSync(folder.join('bad')));
  });
});
