import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportSchema } from '../../src/core/quantize/report';
import { crossflow, EXAMPLES, MODEL, outcome, scratch, start } from './crossflow';

const STAR = join(EXAMPLES, 'star.flow.json');

describe('crossflow import', () => {
  const file = scratch();

  it('makes a folder beside the model, compares it, and the folder runs as a model', async () => {
    const model = file('model');
    cpSync(MODEL, model, { recursive: true });
    const made = await crossflow('import', model, '--quantize', 'int8', '--experiment', STAR, '--json');
    assert.equal(made.code, 0, made.stderr);
    assert.equal(made.stderr, '');
    const result = JSON.parse(made.stdout);
    assert.equal(result.folder, file('model-int8'));
    assert.equal(result.existed, false);
    assert.ok(Math.abs(result.bits_per_weight - 8.5) < 0.01);
    assert.equal(result.weights.length, 71);
    assert.equal(result.comparison.examples[0].curves.length, 6);
    assert.ok(result.comparison.largest_curve_difference < 1);
    const { folder: _, existed: __, ...report } = result;
    const stored = JSON.parse(readFileSync(join(file('model-int8'), 'quantization-report.json'), 'utf8'));
    assert.deepEqual(reportSchema.parse(stored), report);
    assert.deepEqual(readdirSync(file('.')).sort(), ['model', 'model-int8'], 'nothing else is left');

    const own = readFileSync(STAR, 'utf8')
      .replace('../models/shapes-llava', 'model-int8')
      .replace('images/', `${EXAMPLES}/images/`);
    const run = await crossflow('run', file('own.flow.json', own), '--json');
    assert.equal(run.code, 0, run.stderr);
    assert.equal(JSON.parse(run.stdout).answer.correct, true);

    const again = await crossflow('import', model, '--quantize', 'int8');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /model-int8 was there already: .*the original has/);
    assert.match(again.stdout, /^layer +bits +weights +residual$/m);
    assert.match(again.stdout, /^9 +8 +0\.\d\d % +\d\.\d\d %$/m);
    assert.match(again.stdout, /^What is the white shape.* Question->Last +\d+\.\d\d +\d +\d+\.\d\d$/m);
    assert.match(again.stdout, /^curves: largest difference \d+\.\d\d, mean \d+\.\d\d; /m);
  });

  it('calibrates with an experiment, and without comparing runs no model', async () => {
    const to = file('calibrated');
    const made = await crossflow(
      'import',
      MODEL,
      '--quantize',
      'int4',
      '--output',
      to,
      '--calibrate',
      STAR,
      '--no-compare',
    );
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /int4, .*calibrated with 1 question \([0-9a-f]{16}\); 5\.46 bits per quantised weight/);
    assert.match(made.stdout, /^layer +bits +weights +outputs$/m);
    assert.doesNotMatch(made.stdout, /residual|knockout/);
    const plain = await crossflow('import', MODEL, '--quantize', 'int4', '--output', to, '--no-compare');
    assert.equal(plain.code, 2);
    assert.match(plain.stderr, /calibrated: holds an import with other settings \(choose another folder with --output/);
  });

  it("puts copies of the hub cache's models into its own cache", async () => {
    const snapshot = file('hub/models--owner--name/snapshots/0123456789abcdef0123456789abcdef01234567');
    mkdirSync(snapshot, { recursive: true });
    for (const name of readdirSync(MODEL)) symlinkSync(join(MODEL, name), join(snapshot, name));
    mkdirSync(file('hub/models--owner--name/refs'));
    writeFileSync(file('hub/models--owner--name/refs/main'), '0123456789abcdef0123456789abcdef01234567');
    const places = { HF_HUB_CACHE: file('hub'), XDG_CACHE_HOME: file('cache'), CROSSFLOW_CACHE: '' };
    const env = { ...process.env, ...places, HF_HUB_OFFLINE: '1' };
    const args = ['import', snapshot, '--quantize', 'int4', '--no-compare', '--json'];
    const made = await outcome(start(args, { env }));
    assert.equal(made.code, 0, made.stderr);
    const { folder } = JSON.parse(made.stdout) as { folder: string };
    if (process.platform === 'linux') assert.equal(folder, file('cache/crossflow/imports/owner--name-int4'));
    assert.ok(existsSync(join(folder, 'tokenizer.json')));
  });

  it('says what is wrong in one line, and leaves nothing', async () => {
    const cases: readonly (readonly [args: string[], message: RegExp])[] = [
      [['import', MODEL], /--quantize/],
      [['import', MODEL, '--quantize', 'int2'], /int8, int4/],
      [['import', file('nowhere'), '--quantize', 'int4', '--output', file('never')], /there is no such checkpoint folder/],
      [['import', MODEL, '--quantize', 'int4', '--output', MODEL], /holds another checkpoint/],
      [['import', MODEL, '--quantize', 'int4', '--output', file('never'), '--calibrate', file('no.flow.json')], /no\.flow\.json/],
    ]; // prettier-ignore
    for (const [args, message] of cases) {
      const { code, stderr, stdout } = await crossflow(...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.equal(stdout, '');
    }
    assert.ok(!existsSync(file('never')) && !existsSync(file('never.part')) && !existsSync(file('never.lock')));
    assert.ok(!existsSync(`${MODEL}.lock`) && !existsSync(`${MODEL}.part`));
  });
});
