import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/core/families';
import { checkpointHash } from '../../src/core/checkpoint/hash';
import type { ResultDocument } from '../../src/core/engine/result';
import { loadExperiment } from '../../src/core/experiment/parse';
import { checkFiles } from '../../src/core/experiment/files';
import { repositoryRoot } from '../support/golden';
import { crossflow, EXAMPLES, MODEL, outcome, scratch, start } from './crossflow';

const star = join(EXAMPLES, 'star.flow.json');
const resultOf = (text: string) => JSON.parse(text) as ResultDocument;

describe('examples', () => {
  const files = readdirSync(EXAMPLES).filter((name) => name.endsWith('.flow.json'));

  it('are at least four and have no problem', async () => {
    assert.ok(files.length >= 4);
    for (const name of files) {
      assert.deepEqual(await checkFiles(await loadExperiment(join(EXAMPLES, name))), [], name);
    }
  });

  it('are answered rightly by the embedded model', async () => {
    for (const name of files.filter((n) => n !== 'dataset.flow.json')) {
      // one names a model of the hub
      if ((await loadExperiment(join(EXAMPLES, name))).model.kind !== 'folder') continue;
      const { code, stdout, stderr } = await crossflow('run', join(EXAMPLES, name), '--json');
      assert.equal(code, 0, stderr);
      assert.equal(resultOf(stdout).answer.correct, true, name);
    }
  });
});

describe('the experiment file of the README', () => {
  const path = scratch();

  it('is answered rightly by the embedded model', async () => {
    const [, shown] = /```jsonc\n(.*?)```/s.exec(readFileSync(join(repositoryRoot, 'README.md'), 'utf8')) ?? [];
    // It stands in no folder: its paths are those of the examples.
    const text = shown.replaceAll(/"(\.\.\/models|images)\//g, (_, p) => `"${join(EXAMPLES, p as string)}/`);
    const { code, stdout, stderr } = await crossflow('run', path('readme.flow.json', text), '--json');
    assert.equal(code, 0, stderr);
    const { answer, knockouts } = resultOf(stdout);
    assert.equal(answer.correct, true);
    assert.equal(knockouts.length, 4);
  });
});

describe('crossflow run', () => {
  const path = scratch();

  it('prints the document of design section 4, and nothing else', async () => {
    const { code, stdout, stderr } = await crossflow('run', star, '--json');
    assert.deepEqual([code, stderr], [0, '']);
    const r = resultOf(stdout);
    const { name, dtype, parameters, ...shape } = r.model;
    assert.deepEqual(shape, { family: 'llava', layers: 10, heads: 4, hidden: 128 });
    assert.deepEqual([name, dtype], ['shapes-llava', 'f16']);
    assert.ok(parameters > 1e6);
    assert.equal(r.image_tokens, 100);
    assert.equal(r.tokens, r.input_ids.length + r.image_tokens - 1);
    assert.equal(r.knockouts.length, 6);
    for (const { scores, change, window } of r.knockouts) {
      assert.deepEqual([scores.length, change.length, window], [10, 10, 3]);
      scores.forEach((score, i) => {
        const expected = (100 * (score - r.answer.probability)) / r.answer.probability;
        assert.ok(Math.abs(change[i] - expected) < 1e-3);
      });
    }
    assert.deepEqual(Object.keys(r.lens.with_norm), ['star', 'Star', 'circle', 'Circle']);
    for (const row of Object.values(r.lens.without_norm)) assert.equal(row.length, 11);
    assert.deepEqual([r.lens.top.length, r.lens.top[0].length, r.top.length], [11, 5, 5]);
  });

  it('the document says what was asked of what, and with what it was computed', async () => {
    const file = path(
      'asked.flow.json',
      JSON.stringify({
        model: MODEL,
        prompt: 'vicuna_v1',
        image: join(EXAMPLES, 'images/2300034.jpg'),
        question: 'What is the white shape, a circle or a star?',
        answer: 'star',
        options: ['star', 'circle'],
        objects: [[128, 192, 116, 119]],
        sets: { clicked: { patches: [65, 66] }, rest: { not: 'clicked' } },
        knockouts: [{ from: 'clicked', to: 'Question', window: 5 }],
      }),
    );
    const { code, stdout, stderr } = await crossflow('run', file, '--json');
    assert.equal(code, 0, stderr);
    const r = resultOf(stdout);
    assert.deepEqual(r.question, {
      text: 'What is the white shape, a circle or a star?',
      image: { file: '2300034.jpg', width: 336, height: 336, aspect: 'processor' },
      template: 'vicuna_v1',
      instruction: ' \nAnswer the question using a single word or phrase.',
      gold: 'star',
      options: ['star', 'circle'],
      objects: [[128, 192, 116, 119]],
      sets: { clicked: { kind: 'patches', patches: [65, 66] }, rest: { kind: 'not', of: 'clicked' } },
    });
    assert.equal(r.method, 'fork');
    const { version, dependencies } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
      version: string;
      dependencies: Record<string, string>;
    };
    assert.deepEqual(r.provenance, {
      crossflow: version,
      onnxruntime: dependencies['onnxruntime-node'],
      checkpoint: await checkpointHash(await openCheckpoint(MODEL)),
      image: createHash('sha256')
        .update(readFileSync(join(EXAMPLES, 'images/2300034.jpg')))
        .digest('hex'),
    });
    assert.ok(!stdout.includes(repositoryRoot), 'no path of this machine');
    assert.equal((await crossflow('run', file, '--json')).stdout, stdout, 'the same bytes each time');
  });

  it('full passes give the same curves', async () => {
    const [fork, full] = await Promise.all(
      ['fork', 'full'].map(async (method) =>
        resultOf((await crossflow('run', star, '--json', '--method', method)).stdout),
      ),
    );
    fork.knockouts.forEach(({ scores }, k) =>
      scores.forEach((score, i) => assert.ok(Math.abs(score - full.knockouts[k].scores[i]) < 1e-5)),
    );
  });

  it('shows a table with one row an edge', async () => {
    const { code, stdout, stderr } = await crossflow('run', star, '--threads', '1', '--memory', '64M');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^What is the white shape, a circle or a star\?\n {2}Star {2}98\.\d %, right \(star\)\n/);
    const rows = stdout.split('\n').filter((line) => line.includes('->'));
    assert.equal(rows.length, 6);
    assert.equal(new Set(rows.map((row) => row.search(/ [▁-█]{10}$/u))).size, 1, 'bars are aligned');
    assert.match(stdout, /^Image Central Object->Question +−99\.\d % +\d+ {2}▁▁/mu);
  });

  it('--output also writes the document', async () => {
    const folder = path('out/deep');
    const { code, stdout } = await crossflow('run', star, '--json', '--output', folder);
    assert.equal(code, 0);
    assert.deepEqual(readdirSync(folder), ['star.result.json']);
    assert.equal(readFileSync(join(folder, 'star.result.json'), 'utf8'), stdout);
  });

  it('warns about a window larger than the model and an edge that blocks nothing, and runs', async () => {
    const text = readFileSync(star, 'utf8')
      .replace('"window": 3', '"window": 11')
      .replace('"Last->Last"', '"Last->Image"')
      .replaceAll('"../models', `"${join(MODEL, '..')}`);
    const file = path('wide.flow.json', text.replace('"images/', `"${EXAMPLES}/images/`));
    const { code, stderr } = await crossflow('run', file, '--json');
    assert.equal(code, 0, stderr);
    const [edge, window] = stderr.split('\n');
    assert.match(
      edge,
      /^crossflow: warning: .*wide\.flow\.json:\d+:\d+: "Image" stands before "Last" .*"Image->Last"\?/,
    );
    assert.match(
      window,
      /^crossflow: warning: .*wide\.flow\.json:\d+:\d+: a window of 11 layers is larger than the model's 10/,
    );
  });

  it('a reader that leaves ends it quietly; a full disk does not', async () => {
    const child = start(['run', star, '--json']);
    child.stdout.destroy();
    const gone = await outcome(child);
    assert.deepEqual([gone.code, gone.stderr], [0, '']);
    if (process.platform !== 'linux') return;
    const [command = '', ...args] = child.spawnargs;
    const full = spawn(command, args, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    let said = '';
    full.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    const code = await new Promise((done) => full.on('close', done));
    assert.deepEqual([code, said], [1, 'crossflow: standard output cannot be written: ENOSPC\n']);
  });
});

describe('crossflow run, interrupted', () => {
  const path = scratch();

  it('Ctrl-C leaves what is done, exits 130, and the next run goes on', async () => {
    const text = readFileSync(join(EXAMPLES, 'dataset.flow.json'), 'utf8')
      .replace('../models/shapes-llava', MODEL)
      .replace('"shapes_val', `"${EXAMPLES}/shapes_val`)
      .replace('"images": "images"', `"images": "${EXAMPLES}/images"`)
      .replace('"limit": 40', '"limit": 4');
    const file = path('set.flow.json', text);
    const journal = path('results/dataset/journal.jsonl');
    const running = path('results/dataset/journal/1-of-1.jsonl');
    const results = () => {
      const there = [running, journal].find(existsSync);
      return there === undefined ? 0 : readFileSync(there, 'utf8').split('\n').length - 2;
    };
    const child = start(['run', file, '--method', 'full']);
    const ended = outcome(child);
    let alive = true;
    void ended.then(() => (alive = false));
    while (alive && results() < 1) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout], [130, ''], stderr);
    const done = results();
    assert.ok(done >= 1 && done < 4, `${done} of 4 done`);
    assert.deepEqual(readdirSync(path('results/dataset')), ['journal.jsonl']);
    for (const line of readFileSync(journal, 'utf8').trimEnd().split('\n')) assert.ok(JSON.parse(line));

    const rest = await crossflow('run', file, '--method', 'full', '--json');
    assert.equal(rest.code, 0, rest.stderr);
    // No terminal, so no bar: lines for a log.
    assert.match(rest.stderr, /\.csv: \d of 4 questions, \d right[^]*\.csv: 4 of 4 questions, \d right\n$/);
    const summary = JSON.parse(rest.stdout) as { total: number; resumed: number; files: string[] };
    assert.deepEqual([summary.total, summary.resumed], [4, done]);
    assert.ok(summary.files.some((name) => name.endsWith('information_flow.csv')) && summary.files.every(existsSync));
  });
});

describe('crossflow inspect and check', () => {
  it('inspect says what the checkpoint is, without loading it', async () => {
    const { code, stdout } = await crossflow('inspect', MODEL, '--json');
    assert.equal(code, 0);
    const facts = JSON.parse(stdout) as {
      family: string;
      dtype: string;
      decoder: { layers: number };
      memory: { file_bytes: number };
    };
    assert.deepEqual([facts.family, facts.dtype, facts.decoder.layers], ['llava', 'f16', 10]);
    const weights = readdirSync(MODEL).find((name) => name.endsWith('.safetensors'))!;
    assert.equal(facts.memory.file_bytes, readFileSync(join(MODEL, weights)).length);
    assert.match((await crossflow('inspect', MODEL)).stdout, /10 layers, width 128, 4 heads of 32/);
  });

  it('check runs both ways and finds them equal', async () => {
    const { code, stdout } = await crossflow('check', MODEL);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /equal: largest difference \d/);
    const own = await crossflow('check', MODEL, '--experiment', star, '--json');
    const result = JSON.parse(own.stdout) as { passed: boolean; curves: unknown[]; largestDifference: number };
    assert.deepEqual([own.code, result.passed, result.curves.length], [0, true, 6]);
    assert.ok(result.largestDifference <= 1e-5);
  });

  it('check takes the experiment of a checkpoint without a chat template', async () => {
    const bare = join(repositoryRoot, 'test/golden/llava-1.5');
    const { code, stdout, stderr } = await crossflow('check', bare, '--json');
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as { passed: boolean }).passed, true);
  });
});
