/** What is Qwen's own: sizes of pictures, limits of an experiment, files of both generations, and what is refused. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { openModel } from '../../src/core/engine/model';
import { CrossflowError } from '../../src/core/errors';
import type { Knockout } from '../../src/core/experiment/types';
import { openCheckpoint } from '../../src/core/families';
import { sizedEye } from '../../src/core/families/parts/sized';
import type { TowerSpec } from '../../src/core/spec';
import { crossflow } from '../cli/crossflow';
import { editJson, readJson, readTensors, writeJson, writeWeights, type Json } from '../support/checkpoints';
import { GENERATIONS, regenerate } from '../support/generations';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';
import { familyGolden, questionOf } from './goldens';

const FOLDERS = ['qwen2-vl', 'qwen2.5-vl', 'qwen3-vl'] as const;
type Folder = (typeof FOLDERS)[number];

/** A row: pixels of a token's side, fewest and most pixels; width and height of the picture, and of what is seen, or 0. */
const SIZES = JSON.parse(readFileSync(join(repositoryRoot, 'test/families/fixtures/smart-resize.json'), 'utf8')) as
  [number, number, number, number, number, number, number][]; // prettier-ignore

describe('Qwen-VL', () => {
  const folder = temporaryFolder();
  const copy = async (name: Folder, to: string): Promise<string> => {
    const at = folder.join(to);
    await cp(familyGolden(name).modelDir, at, { recursive: true });
    return at;
  };

  it('brings pictures to the sizes that Python brings them to, and counts their tokens and positions', () => {
    for (const [unit, fewest, most, width, height, right, bottom] of SIZES) {
      const tower = { patchSize: unit / 2, merge: { kind: 'join', factor: 2 } } as unknown as TowerSpec;
      const processor = { pixels: {} as never, range: [fewest, most] as const };
      const eye = sizedEye(tower, processor, { before: '<a>', after: '<b>' });
      const place = `${width} x ${height} in units of ${unit}, ${fewest} to ${most} pixels`;
      if (right === 0) {
        assert.throws(() => eye.layOut({ width, height }, 'processor'), /more than 200 times the other/, place);
        continue;
      }
      const { viewSize, geometry, positions, sources } = eye.layOut({ width, height }, 'processor');
      assert.deepEqual(viewSize, { width: right, height: bottom }, place);
      const [rows, columns] = [bottom / unit, right / unit];
      assert.equal(geometry.patches.filter(({ kind }) => kind === 'base').length, rows * columns);
      assert.equal(sources.length, rows * columns + 2);
      assert.equal(positions?.advance, 2 + Math.max(rows, columns));
    }
  });

  for (const name of FOLDERS) {
    const golden = familyGolden(name);
    const [first] = golden.cases;

    for (const generation of GENERATIONS) {
      it(`${name} reads the files of generation "${generation}"`, async () => {
        const at = await regenerate(golden.modelDir, generation, folder.join(`${name}-${generation}`), 2);
        const spec = await openCheckpoint(at);
        assert.equal(spec.parameters, (await openCheckpoint(golden.modelDir)).parameters);
        const model = await openModel(at);
        try {
          const example = await model.prepare(questionOf(golden, first));
          assert.deepEqual(example.info.tokens.map(({ id }) => id), first.input_ids); // prettier-ignore
          const { answer } = await example.clean();
          assert.ok(Math.abs(answer.probability / first.base_score - 1) < 5e-4, String(answer.probability));
          example.release();
        } finally {
          await model.close();
        }
      });
    }

    it(`${name}: what the template adds is in sets`, async () => {
      const model = await openModel(golden.modelDir);
      try {
        const example = await model.prepare(questionOf(golden, first));
        const { info } = example;
        const text = (set: string): string => info.sets[set].map((row) => info.tokens[row].text).join('');
        assert.equal(text('System').includes('helpful'), name !== 'qwen3-vl');
        assert.equal(text('Image Marker'), '<|vision_start|><|vision_end|>');
        assert.match(text('Instruction'), /single.*word.*<\|im_end\|>.*assistant/s);
        example.release();
      } finally {
        await model.close();
      }
    });

    it(`${name}: "pixels" decides how many tokens a picture has`, async () => {
      const model = await openModel(golden.modelDir);
      try {
        const prepared = async (pixels?: readonly [number, number]): Promise<number> => {
          const example = await model.prepare({ ...questionOf(golden, first), ...(pixels && { pixels }) });
          const { imageTokens, geometry } = example.info;
          assert.deepEqual(geometry.pixels, pixels);
          const { passed, largestDifference } = await example.check([{ kind: 'edge', from: 'Image', to: 'Last', window: 2 }]); // prettier-ignore
          assert.ok(passed, String(largestDifference));
          example.release();
          return imageTokens - 2;
        };
        assert.equal(await prepared(), first.image_tokens);
        // a token stands for 8 x 8 pixels
        assert.ok((await prepared([64, 640])) <= 10);
        assert.ok((await prepared([9600, 19200])) >= 150);
        await assert.rejects(
          prepared([1, 63]),
          (e) => e instanceof CrossflowError && /less than one token/.test(e.line),
        );
      } finally {
        await model.close();
      }
    });

    it(`${name} with one key/value head: forked rows equal full passes, whatever the chunk budget`, async () => {
      const at = await oneHead(await copy(name, `${name}-one`));
      const windows = [1, 3].flatMap((window): Knockout[] => [
        { kind: 'edge', from: 'Image', to: 'Image', window },
        { kind: 'edge', from: 'Image', to: 'Question', window },
        { kind: 'edge', from: 'middle', to: 'later', window, heads: [1, 2] },
        { kind: 'mlp', of: 'middle', window },
        { kind: 'attention', of: 'Image', window },
      ]);
      for (const chunkBudget of [1, 300_000, 2 ** 30]) {
        const model = await openModel(at, { chunkBudget });
        try {
          const sets = {
            middle: { kind: 'patches', patches: [7, 8, 9, 20] },
            later: { kind: 'patches', patches: [21, 25] },
          } as const;
          const example = await model.prepare({ ...questionOf(golden, first), sets });
          const { passed, largestDifference } = await example.check(windows);
          assert.ok(passed, `${chunkBudget}: ${largestDifference}`);
          example.release();
        } finally {
          await model.close();
        }
      }
    });
  }

  it('"pixels" is refused for a model without such limits, and where the fewest are more than the most', async () => {
    const file = folder.join('pixels.flow.json');
    const llava = join(repositoryRoot, 'test/golden/llava-1.5');
    const base = { model: llava, image: join(llava, 'image0.png'), question: 'Is it red?', knockouts: [] };
    for (const [pixels, words] of [
      [[64, 640], /"pixels" cannot be set for llava/],
      [[640, 64], /"pixels": the fewest \(640\) are more than the most \(64\)/],
      [[0, 64], /pixels/],
    ] as const) {
      await writeJson(file, { ...base, pixels });
      const { code, stderr } = await crossflow('run', file);
      assert.equal(code, 2);
      assert.match(stderr.trim(), words);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  });

  /** A changed file, and what the one line of the error says. */
  const REFUSED: readonly (readonly [name: string, folder: Folder, file: string, change: (json: Json) => Json, RegExp])[] = [
    ['a window that is no multiple of a token', 'qwen2.5-vl', 'config.json', vision({ window_size: 20 }), /vision_config\.window_size \(20\) is no multiple of the 8 pixels of a token/],
    ['a DeepStack block beyond the tower', 'qwen3-vl', 'config.json', vision({ deepstack_visual_indexes: [0, 1, 4] }), /deepstack_visual_indexes names block 4, but the tower has 4 \(0 to 3\)/],
    ['DeepStack in as many layers as there are', 'qwen3-vl', 'config.json', text({ num_hidden_layers: 3 }), /deepstack_visual_indexes has 3 blocks, which are added after as many layers, but the decoder has 3/],
    ['sections that are not half a head', 'qwen2-vl', 'config.json', text({ rope_parameters: { mrope_section: [2, 3, 4], rope_theta: 1e6, rope_type: 'default' } }), /mrope_section \[2, 3, 4\] sums to 9, not to half a head \(8\)/],
    ['min above max pixels', 'qwen2-vl', 'preprocessor_config.json', (json) => ({ ...json, min_pixels: 9000 }), /preprocessor_config\.json: min_pixels \(9000\) is more than max_pixels \(4608\)/],
    ['another patch in the processor', 'qwen2-vl', 'preprocessor_config.json', (json) => ({ ...json, patch_size: 14 }), /patch_size is 14, but the vision tower's is 4/],
    ['a position table that is no square', 'qwen3-vl', 'config.json', vision({ num_position_embeddings: 35 }), /num_position_embeddings \(35\) is no square/],
    ['another width of the merger', 'qwen2.5-vl', 'config.json', vision({ out_hidden_size: 60 }), /vision_config\.out_hidden_size \(60\) is not the hidden_size of the decoder \(64\)/],
    ['heads that rows and columns cannot share', 'qwen2-vl', 'config.json', vision({ num_heads: 16 }), /num_heads \(16\)/],
    ['sliding windows in the decoder', 'qwen2.5-vl', 'config.json', text({ use_sliding_window: true }), /use_sliding_window is true/],
  ]; // prettier-ignore
  for (const [what, name, file, change, words] of REFUSED) {
    it(`refuses ${what}`, async () => {
      const at = await copy(name, what);
      await writeJson(join(at, file), change(await readJson(join(at, file))));
      await refused(at, words);
    });
  }

  it('refuses a missing merger', async () => {
    const at = await copy('qwen2-vl', 'merger');
    const tensors = new Map(await readTensors(at));
    tensors.delete('visual.merger.mlp.2.weight');
    await writeWeights(at, tensors);
    await refused(at, /tensor visual\.merger\.mlp\.2\.weight is missing/);
  });

  it('refuses a picture that is more than 200 times as long as wide', async () => {
    const { default: sharp } = await import('sharp');
    const image = folder.join('long.png');
    await sharp({ create: { width: 402, height: 2, channels: 3, background: 'red' } })
      .png()
      .toFile(image);
    const file = folder.join('long.flow.json');
    await writeJson(file, { model: familyGolden('qwen2-vl').modelDir, image, question: 'Is it red?', knockouts: [] });
    const { code, stderr } = await crossflow('run', file);
    assert.equal(code, 2);
    assert.match(stderr, /the image has 402 x 2 pixels: one side is more than 200 times the other/);
  });

  it('says that a repetition penalty is left aside', async () => {
    const { stdout } = await crossflow('inspect', familyGolden('qwen2.5-vl').modelDir, '--no-measure');
    assert.match(stdout, /^note .*repetition_penalty 1\.05 is not used/m);
    const at = await copy('qwen2.5-vl', 'plain');
    await editJson(join(at, 'generation_config.json'), { repetition_penalty: 1 });
    assert.deepEqual((await openCheckpoint(at)).notes, []);
  });

  async function refused(at: string, words: RegExp): Promise<void> {
    const { code, stderr } = await crossflow('inspect', at, '--no-measure');
    assert.equal(code, 2, stderr);
    assert.match(stderr, words);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }

  /** Only the first key/value head is left. */
  async function oneHead(at: string): Promise<string> {
    const tensors = new Map(await readTensors(at));
    for (const [name, { dtype, shape, bytes }] of tensors) {
      if (!/layers\.\d+\.self_attn\.[kv]_proj\./.test(name)) continue;
      const [rows, ...others] = shape;
      tensors.set(name, { dtype, shape: [rows / 2, ...others], bytes: bytes.subarray(0, bytes.length / 2) });
    }
    await writeWeights(at, tensors);
    const config = await readJson(join(at, 'config.json'));
    await writeJson(join(at, 'config.json'), text({ num_key_value_heads: 1 })(config));
    return at;
  }
});

function vision(changes: Json): (json: Json) => Json {
  return (json) => ({ ...json, vision_config: { ...(json['vision_config'] as Json), ...changes } });
}
function text(changes: Json): (json: Json) => Json {
  return (json) => ({ ...json, text_config: { ...(json['text_config'] as Json), ...changes } });
}
