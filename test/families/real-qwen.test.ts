/** Qwen's real public checkpoints without their weights. Totals: transformers 5.24 on the meta device. */
import assert from 'node:assert/strict';
import { openCheckpoint } from '../../src/core/families';
import { Planner } from '../../src/core/planning/planner';
import type { ModelSpec } from '../../src/core/spec';
import { crossflow } from '../cli/crossflow';
import { realTensors, writeReal } from '../support/real';
import { temporaryFolder } from '../support/temporary';

/** Tensors and parameters, and tokens of a picture of 640 x 480 without its two marks. */
const MODELS: readonly (readonly [name: string, tied: boolean, tensors: number, parameters: number, tokens: number])[] =
  [
    ['Qwen2-VL-2B-Instruct', true, 729, 2_208_985_600, 17 * 23],
    ['Qwen2.5-VL-3B-Instruct', true, 824, 3_754_622_976, 17 * 23],
    ['Qwen2.5-VL-7B-Instruct', false, 729, 16_584_333_312 / 2, 17 * 23],
    ['Qwen3-VL-2B-Instruct', true, 625, 2_127_532_032, 15 * 20],
    ['Qwen3-VL-4B-Instruct', true, 713, 4_437_815_808, 15 * 20],
  ];

describe('real Qwen checkpoints, without their weights', () => {
  const folder = temporaryFolder();
  const made = new Map<string, string>();
  const open = async (name: string): Promise<ModelSpec> => {
    made.set(name, await writeReal(name, folder.join(name)));
    return openCheckpoint(made.get(name)!);
  };

  for (const [name, tied, count, parameters, tokens] of MODELS) {
    it(`${name}: parameters, head, end tokens, tokens of a picture`, async () => {
      assert.equal(realTensors(name).size, count);
      const spec = await open(name);
      assert.equal(spec.parameters, parameters);
      const { weights } = spec.decoder;
      assert.equal(weights.head === weights.embedding, tied);
      assert.ok(spec.eosTokenIds.includes(151645));
      assert.equal(spec.prompt.imageTokenId, 151655);
      const { sources } = spec.eye.layOut({ width: 640, height: 480 }, 'processor');
      assert.equal(sources.length, tokens + 2);
    });
  }

  it('have the towers and rotations of their generation', async () => {
    const [second, fifth, third] = [
      await open('Qwen2-VL-2B-Instruct'),
      await open('Qwen2.5-VL-3B-Instruct'),
      await open('Qwen3-VL-2B-Instruct'),
    ];
    const facts = ({ decoder, eye }: ModelSpec): unknown[] => [
      decoder.ropes[0].theta,
      decoder.ropes[0].sections,
      eye.tower.patchSize,
      eye.tower.blocks.length,
      eye.tower.taps.map((tap) => tap.after),
      eye.limits?.pixels,
    ];
    const sections = { sizes: [16, 24, 24], interleaved: false };
    assert.deepEqual(facts(second), [1e6, sections, 14, 32, [], [3136, 12845056]]);
    assert.deepEqual(facts(fifth), [1e6, sections, 14, 32, [], [3136, 12845056]]);
    assert.deepEqual(fifth.eye.tower.window, { pixels: 112, full: [7, 15, 23, 31] });
    assert.deepEqual(facts(third), [5e6, { sizes: [24, 20, 20], interleaved: true }, 16, 24, [5, 11, 17], [65536, 16777216]]); // prettier-ignore
    assert.deepEqual(third.decoder.additions, [0, 1, 2]);
  });

  it('a picture too large for the memory: the plan says that "pixels" would help', async () => {
    await open('Qwen2-VL-2B-Instruct');
    const planner = await Planner.open(made.get('Qwen2-VL-2B-Instruct')!, {});
    const machine = { total: 16e9, available: 12e9, reliable: true, limited: false };
    const { verdict } = await planner.checkpoint({ measure: false, machine }, 'any');
    assert.ok(verdict.kind === 'refused');
    assert.match(verdict.hint, /"pixels": \[min, max\] with a smaller max/);
    const usual = await planner.checkpoint({ measure: false, machine }, 'usual');
    assert.notEqual(usual.verdict.kind, 'refused');
  });

  it('are inspected from the command line', async () => {
    await open('Qwen2.5-VL-7B-Instruct');
    const { stdout, stderr, code } = await crossflow('inspect', made.get('Qwen2.5-VL-7B-Instruct')!, '--no-measure');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /8\.3 billion parameters/);
    assert.match(stdout, /6 to 16386 tokens a picture, 393 for 640 x 480/);
    // the plan is for that one
    assert.match(stdout, /^run +\d+ tokens, 393 of the picture/m);
    assert.match(stdout, /repetition_penalty 1\.05 is not used/);
  });
});
