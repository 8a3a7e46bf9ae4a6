import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { planDocument } from '../../src/cli/plan-text';
import { copySmallFiles, editJson, readTensors } from '../support/checkpoints';
import { temporaryFolder } from '../support/temporary';
import { crossflow, EXAMPLES, MODEL, scratch } from './crossflow';

type PlanDocument = ReturnType<typeof planDocument>;
interface Inspected {
  readonly family: string;
  readonly experiment?: string;
  readonly plan: PlanDocument;
}
const star = join(EXAMPLES, 'star.flow.json');
const dataset = join(EXAMPLES, 'dataset.flow.json');

async function inspected(...args: string[]): Promise<Inspected> {
  const { code, stdout, stderr } = await crossflow('inspect', ...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Inspected;
}

describe('crossflow inspect: a plan before a run', () => {
  it('of an experiment: sizes, and times from measured layers', async () => {
    const { experiment, family, plan } = await inspected(star);
    assert.deepEqual([experiment, family], [star, 'llava']);
    assert.deepEqual(
      [plan.of, plan.tokens, plan.image_tokens, plan.knockouts, plan.variants],
      ['question', [161, 161], [100, 100], 6, 60],
    );
    assert.equal(plan.verdict.kind, 'fits');
    const { seconds } = plan;
    assert.ok(seconds && seconds.total > seconds.knockouts && seconds.knockouts > 0 && seconds.click > 0);
    const { stdout } = await crossflow('inspect', star);
    assert.match(stdout, /^run +161 tokens, 100 of the picture; 6 knockouts of 10 layers$/m);
    assert.match(stdout, /^time +about .* in all, estimated from measured layers: loading/m);
    assert.match(stdout, /a click, one edge more: /);
    assert.match(stdout, /^ +\d+ MiB at the peak; this .*\d/m);
  });

  it('without measuring has sizes alone', async () => {
    const { plan } = await inspected(star, '--no-measure', '--memory', '2M');
    assert.equal(plan.seconds, undefined);
    assert.equal(plan.memory.chunk.asked, 2 * 1024 ** 2);
    assert.ok(plan.memory.chunk.used <= 2 * 1024 ** 2);
    assert.ok(!(await crossflow('inspect', star, '--no-measure')).stdout.includes('time'));
  });

  it('of a data set counts its questions', async () => {
    const { plan } = await inspected(dataset, '--no-measure');
    assert.deepEqual([plan.of, plan.questions, plan.images], ['dataset', 40, 40]);
    assert.match(
      (await crossflow('inspect', dataset)).stdout,
      /^run +40 questions on 40 pictures, .*\n[^]*knockouts are left out otherwise/m,
    );
  });

  it('of a study lists its runs', async () => {
    const { code, stdout } = await crossflow('inspect', join(EXAMPLES, 'all.study.json'), '--no-measure', '--json');
    assert.equal(code, 0);
    const { runs } = JSON.parse(stdout) as { runs: { task: string; plan: PlanDocument }[] };
    assert.ok(runs.length > 1 && runs.every(({ plan }) => plan.of === 'dataset' && plan.questions > 0));
    const text = (await crossflow('inspect', join(EXAMPLES, 'all.study.json'), '--no-measure')).stdout;
    for (const { task } of runs) assert.match(text, new RegExp(`^shapes-llava +${task} `, 'm'));
  });

  it('what is wrong in an experiment is said as its run says it', async () => {
    const file = scratchFile('wrong.flow.json', { model: MODEL, image: 'gone.jpg', question: 'What?', knockouts: [] });
    const [planned, run] = [await crossflow('inspect', file), await crossflow('run', file)];
    assert.deepEqual([planned.code, run.code], [2, 2]);
    assert.match(planned.stderr, /gone\.jpg/);
    assert.equal(planned.stderr, run.stderr);
  });
  const scratchFile = scratch();
});

describe('crossflow: what does not fit', () => {
  const folder = temporaryFolder();
  const file = scratch();
  /** Rows of the vocabulary: 384 GB in f16, twice that once widened. */
  const VOCAB = 1_500_000_000;
  /** A decoder of 1 TB in f32, whose rows are not wide enough to fill a memory. */
  const [LAYERS, HIDDEN, INTERMEDIATE] = [60, 16_384, 65_536];

  /** The embedded model with other shapes and a name for each of its tensors. The file is all hole and takes no disk. */
  async function holes(
    name: string,
    [dtype, bytes]: readonly ['F16', 2] | readonly ['F32', 4],
    config: Record<string, number>,
    tensors: (name: string, shape: readonly number[]) => readonly (readonly [string, readonly number[]])[],
  ): Promise<string> {
    const out = folder.join(name);
    await copySmallFiles(MODEL, out);
    await editJson(join(out, 'config.json'), config);
    const header: Record<string, object> = {};
    let at = 0;
    for (const [from, stored] of await readTensors(MODEL)) {
      for (const [key, shape] of tensors(from, stored.shape)) {
        const length = shape.reduce((a, b) => a * b, 1) * bytes;
        header[key] = { dtype, shape, data_offsets: [at, at + length] };
        at += length;
      }
    }
    const text = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    const handle = openSync(join(out, 'model.safetensors'), 'w');
    writeSync(handle, Buffer.concat([size, text]));
    ftruncateSync(handle, 8 + text.length + at);
    closeSync(handle);
    return out;
  }

  const withLargeVocabulary = (): Promise<string> =>
    holes('large-vocabulary', ['F16', 2], { 'text_config.vocab_size': VOCAB }, (name, shape) => [
      [name, /embed_tokens|lm_head/.test(name) ? [VOCAB, shape[1]] : shape],
    ]);

  function withManyLayers(): Promise<string> {
    const sizes = new Map([[128, HIDDEN], [352, INTERMEDIATE]]); // prettier-ignore
    const widened = (shape: readonly number[]): number[] => shape.map((n) => sizes.get(n) ?? n);
    const config = {
      'text_config.hidden_size': HIDDEN,
      'text_config.intermediate_size': INTERMEDIATE,
      'text_config.num_attention_heads': HIDDEN / 32,
      'text_config.num_key_value_heads': HIDDEN / 32,
      'text_config.num_hidden_layers': LAYERS,
    };
    return holes('many-layers', ['F32', 4], config, (name, shape) => {
      if (name.startsWith('multi_modal_projector.linear_1.w')) return [[name, [HIDDEN, shape[1]]]];
      if (!/^language_model|^multi_modal/.test(name)) return [[name, shape]];
      const wide = widened(shape);
      if (!name.includes('.layers.0.')) return name.includes('.layers.') ? [] : [[name, wide]];
      return Array.from({ length: LAYERS }, (_, l) => [name.replace('.layers.0.', `.layers.${l}.`), wide] as const);
    });
  }

  it('is refused before anything is loaded, with what would help', async () => {
    const model = await withLargeVocabulary();
    const experiment = file('huge.flow.json', { ...(await written()), model });
    const run = await crossflow('run', experiment, '--json');
    assert.equal(run.code, 1);
    assert.equal(run.stdout, '');
    assert.match(
      run.stderr,
      /^crossflow: .*large-vocabulary: this run needs \d+ GiB of memory \(.*weights.*\); this machine has .* \(.*a machine with \d+ GiB free; or --force tries it anyway\)\n$/,
    );
    const plan = await crossflow('inspect', experiment, '--json');
    assert.equal(plan.code, 1);
    const { verdict, seconds } = (JSON.parse(plan.stdout) as Inspected).plan;
    assert.deepEqual([verdict.kind, seconds], ['refused', undefined]);
    assert.match((await crossflow('inspect', model)).stdout, /DOES NOT FIT: /);
    const check = await crossflow('check', model);
    assert.equal(check.code, 1);
    assert.match(check.stderr, /this run needs/);
  });

  it('weights in mapped files are no reason, but slow', async () => {
    const { plan } = await inspected(await withManyLayers(), '--no-measure');
    assert.equal(plan.memory.weights.how, 'mapped');
    assert.notEqual(plan.verdict.kind, 'refused');
    assert.match(plan.verdict.notes.join(), /read from the disk again and again/);
  });

  async function written(): Promise<object> {
    return {
      image: join(EXAMPLES, 'images/2300034.jpg'),
      prompt: 'vicuna_v1',
      question: 'What is the white shape, a circle or a star?',
      knockouts: ['Image->Question'],
      window: 3,
    };
  }
});

describe('crossflow --device', () => {
  it('the result says where it was computed', async () => {
    const { stdout } = await crossflow('run', star, '--json', '--device', 'cpu');
    assert.equal((JSON.parse(stdout) as { device: string }).device, 'cpu');
  });

  it('a device that cannot be used is an error in one line, never another device in silence', async () => {
    const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';
    const { code, stderr, stdout } = await crossflow('run', star, '--device', elsewhere);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, new RegExp(`device "${elsewhere}" \\(.*\\) exists on .*, not on ${process.platform}-`));
    for (const device of ['cuda', 'webgpu']) {
      const outcome = await crossflow('run', star, '--json', '--device', device);
      if (outcome.code === 0) {
        assert.equal((JSON.parse(outcome.stdout) as { device: string }).device, device);
        continue;
      }
      assert.deepEqual([outcome.code, outcome.stdout], [2, '']);
      const said = outcome.stderr.split('\n').filter((line) => line.startsWith('crossflow: '));
      assert.equal(said.length, 1, outcome.stderr);
      assert.match(said[0], new RegExp(`device "${device}" .*(or compute on the processor|here there are)`));
    }
  });

  it('is one of those there are', async () => {
    const { code, stderr } = await crossflow('run', star, '--device', 'gpu');
    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are cpu, cuda, coreml, dml, webgpu/);
  });
});
