/** Qwen's real public checkpoints without their weights. Totals: transformers 5.24 on the meta device. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/core/families';
import { Planner } from '../../src/core/planning/planner';
import type { ModelSpec } from '../../src/core/spec';
import { crossflow } from '../cli/crossflow';
import { readJson, type Json } from '../support/checkpoints';
import { repositoryRoot } from '../support/golden';
import { hollowCheckpoint } from '../support/hollow';
import { temporaryFolder } from '../support/temporary';

type Shapes = Map<string, number[]>;
const at = (json: Json, key: string): number => Number(json[key]);

/** Names and shapes as the classes save them; a tied head is not among them. */
function tensors(config: Json, tied: boolean): Shapes {
  const out: Shapes = new Map();
  const type = String(config['model_type']);
  const text = (config['text_config'] ?? config) as Json;
  const vision = config['vision_config'] as Json;
  const third = type === 'qwen3_vl';
  decoder(out, text, third ? 'model.language_model.' : 'model.', third);
  if (!tied) out.set('lm_head.weight', [at(text, 'vocab_size'), at(text, 'hidden_size')]);
  tower(out, vision, type, at(text, 'hidden_size'), third ? 'model.visual.' : 'visual.');
  return out;
}

function decoder(out: Shapes, text: Json, prefix: string, third: boolean): void {
  const [hidden, heads, kv, inner] = ['hidden_size', 'num_attention_heads', 'num_key_value_heads', 'intermediate_size'].map((key) => at(text, key)); // prettier-ignore
  const head = text['head_dim'] === undefined ? hidden / heads : at(text, 'head_dim');
  out.set(`${prefix}embed_tokens.weight`, [at(text, 'vocab_size'), hidden]);
  for (let l = 0; l < at(text, 'num_hidden_layers'); l++) {
    const layer = `${prefix}layers.${l}.`;
    for (const [name, rows] of [['q', heads], ['k', kv], ['v', kv]] as const) {
      out.set(`${layer}self_attn.${name}_proj.weight`, [rows * head, hidden]);
      if (!third) out.set(`${layer}self_attn.${name}_proj.bias`, [rows * head]);
    } // prettier-ignore
    if (third) for (const name of ['q_norm', 'k_norm']) out.set(`${layer}self_attn.${name}.weight`, [head]);
    out.set(`${layer}self_attn.o_proj.weight`, [hidden, heads * head]);
    for (const name of ['gate', 'up']) out.set(`${layer}mlp.${name}_proj.weight`, [inner, hidden]);
    out.set(`${layer}mlp.down_proj.weight`, [hidden, inner]);
    for (const name of ['input', 'post_attention']) out.set(`${layer}${name}_layernorm.weight`, [hidden]);
  }
  out.set(`${prefix}norm.weight`, [hidden]);
}

function tower(out: Shapes, vision: Json, type: string, width: number, prefix: string): void {
  const [second, third] = [type === 'qwen2_5_vl', type === 'qwen3_vl'];
  const d = at(vision, type === 'qwen2_vl' ? 'embed_dim' : 'hidden_size');
  const inner = type === 'qwen2_vl' ? d * at(vision, 'mlp_ratio') : at(vision, 'intermediate_size');
  const side = at(vision, 'patch_size');
  const both = (name: string, ...shape: number[]): void => {
    out.set(`${prefix}${name}.weight`, shape);
    out.set(`${prefix}${name}.bias`, [shape[0]]);
  };
  const norm = (name: string, of: number): void => {
    if (second) out.set(`${prefix}${name}.weight`, [of]);
    else both(name, of);
  };
  out.set(`${prefix}patch_embed.proj.weight`, [d, 3, 2, side, side]);
  if (third) {
    out.set(`${prefix}patch_embed.proj.bias`, [d]);
    out.set(`${prefix}pos_embed.weight`, [at(vision, 'num_position_embeddings'), d]);
  }
  for (let l = 0; l < at(vision, 'depth'); l++) {
    const block = `blocks.${l}.`;
    norm(`${block}norm1`, d);
    norm(`${block}norm2`, d);
    both(`${block}attn.qkv`, 3 * d, d);
    both(`${block}attn.proj`, d, d);
    const names = third ? ['linear_fc1', 'linear_fc2'] : second ? ['gate_proj', 'down_proj'] : ['fc1', 'fc2'];
    both(`${block}mlp.${names[0]}`, inner, d);
    if (second) both(`${block}mlp.up_proj`, inner, d);
    both(`${block}mlp.${names[1]}`, d, inner);
  }
  const merger = (name: string, of: number): void => {
    const [first, middle, last] = third ? ['norm', 'linear_fc1', 'linear_fc2'] : ['ln_q', 'mlp.0', 'mlp.2'];
    norm(`${name}.${first}`, of);
    both(`${name}.${middle}`, 4 * d, 4 * d);
    both(`${name}.${last}`, width, 4 * d);
  };
  merger('merger', d);
  const taps = (vision['deepstack_visual_indexes'] ?? []) as number[];
  taps.forEach((_, i) => merger(`deepstack_merger_list.${i}`, 4 * d));
}

/** Tensors and parameters, and tokens of a picture of 640 x 480 without its two marks. */
const REAL: readonly (readonly [name: string, tied: boolean, tensors: number, parameters: number, tokens: number])[] = [
  ['Qwen2-VL-2B-Instruct', true, 729, 2_208_985_600, 17 * 23],
  ['Qwen2.5-VL-3B-Instruct', true, 824, 3_754_622_976, 17 * 23],
  ['Qwen2.5-VL-7B-Instruct', false, 729, 16_584_333_312 / 2, 17 * 23],
  ['Qwen3-VL-2B-Instruct', true, 625, 2_127_532_032, 15 * 20],
  ['Qwen3-VL-4B-Instruct', true, 713, 4_437_815_808, 15 * 20],
];

describe('real Qwen checkpoints, without their weights', () => {
  const folder = temporaryFolder();
  const made = new Map<string, string>();
  const open = async (name: string, tied: boolean): Promise<ModelSpec> => {
    const configs = join(repositoryRoot, 'test/golden/real', name);
    const shapes = tensors(await readJson(join(configs, 'config.json')), tied);
    made.set(name, await hollowCheckpoint(configs, shapes, folder.join(name)));
    return openCheckpoint(made.get(name)!);
  };

  for (const [name, tied, count, parameters, tokens] of REAL) {
    it(`${name}: parameters, head, end tokens, tokens of a picture`, async () => {
      const configs = join(repositoryRoot, 'test/golden/real', name);
      assert.equal(tensors(await readJson(join(configs, 'config.json')), tied).size, count);
      const spec = await open(name, tied);
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
      await open('Qwen2-VL-2B-Instruct', true),
      await open('Qwen2.5-VL-3B-Instruct', true),
      await open('Qwen3-VL-2B-Instruct', true),
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
    await open('Qwen2-VL-2B-Instruct', true);
    const planner = await Planner.open(made.get('Qwen2-VL-2B-Instruct')!, {});
    const machine = { total: 16e9, available: 12e9, reliable: true, limited: false };
    const { verdict } = await planner.checkpoint({ measure: false, machine }, 'any');
    assert.ok(verdict.kind === 'refused');
    assert.match(verdict.hint, /"pixels": \[min, max\] with a smaller max/);
    const usual = await planner.checkpoint({ measure: false, machine }, 'usual');
    assert.notEqual(usual.verdict.kind, 'refused');
  });

  it('are inspected from the command line', async () => {
    await open('Qwen2.5-VL-7B-Instruct', false);
    const { stdout, stderr, code } = await crossflow('inspect', made.get('Qwen2.5-VL-7B-Instruct')!, '--no-measure');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /8\.3 billion parameters/);
    assert.match(stdout, /6 to 16386 tokens a picture, 393 for 640 x 480/);
    // the plan is for that one
    assert.match(stdout, /^run +\d+ tokens, 393 of the picture/m);
    assert.match(stdout, /repetition_penalty 1\.05 is not used/);
  });
});
