import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CrossflowError } from '../../src/core/errors';
import { parseConfig } from '../../src/core/families';
import { parseClipConfig } from '../../src/core/families/parts/clip';
import type { Json } from '../support/checkpoints';
import { repositoryRoot } from '../support/golden';
import { changesOf, LISTS, onlyRules, otherValue } from './key-lists';

/** Keys of the Python classes, of several versions (test/golden/tools/config_keys.py). */
const python = JSON.parse(
  readFileSync(path.join(repositoryRoot, 'test/checkpoint/fixtures/python-keys.json'), 'utf8'),
) as { readonly versions: readonly string[]; readonly keys: Readonly<Record<string, readonly string[]>> };

const parsed = (json: Json, file: string): unknown => parseConfig(json, file).config;

const PINPOINTS = [[336, 672], [672, 336]]; // prettier-ignore
const LLAMA3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 }; // prettier-ignore
const ORIGINAL: Json = {
  model_type: 'llava',
  mm_vision_tower: 'openai/clip-vit-large-patch14-336',
  mm_projector_type: 'mlp2x_gelu',
  mm_patch_merge_type: 'spatial_unpad',
  image_aspect_ratio: 'anyres',
  image_grid_pinpoints: PINPOINTS,
};

/** What comes of a file with these keys added, as text: the parsed config, or the error's words. */
type Outcome = (changes: Json) => string;
const outcome = (read: () => unknown): string => {
  try {
    return JSON.stringify(read());
  } catch (e) {
    if (e instanceof CrossflowError && e.kind === 'usage') return `refused: ${e.line}`;
    throw e;
  }
};
const READERS: Readonly<Record<string, Outcome>> = {
  model: (c) => outcome(() => parsed({ architectures: ['LlavaNextForConditionalGeneration'], ...c }, 'config.json')),
  text: (c) => outcome(() => parsed({ model_type: 'llava', text_config: { model_type: 'llama', ...c } }, 'x')),
  rope: (c) => outcome(() => parsed({ model_type: 'llava', text_config: { rope_scaling: { ...LLAMA3, ...c } } }, 'x')), // prettier-ignore
  vision: (c) => outcome(() => parsed({ model_type: 'llava', vision_config: c }, 'x')),
  clip: (c) => outcome(() => parseClipConfig({ model_type: 'clip', ...c }, 'x')),
  original: (c) => outcome(() => parsed({ ...ORIGINAL, ...c }, 'config.json')),
};

/** For each used key a change that must be seen: another result, or a refusal that names it. */
const SEEN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  model: {
    model_type: 'llava', architectures: ['LlavaForConditionalGeneration'], text_config: { vocab_size: 7 },
    vision_config: { hidden_size: 96 }, image_token_id: 7, image_token_index: 7, projector_hidden_act: 'relu',
    multimodal_projector_bias: false, vision_feature_layer: -1, vision_feature_select_strategy: 'full',
    image_grid_pinpoints: PINPOINTS, tie_word_embeddings: true, eos_token_id: 7, quantization_config: {},
  },
  text: {
    model_type: { model_type: 'mistral', sliding_window: null }, vocab_size: 7, hidden_size: 64, intermediate_size: 7, num_hidden_layers: 7,
    num_attention_heads: 16, num_key_value_heads: 8, head_dim: 64, hidden_act: 'gelu', max_position_embeddings: 7,
    rms_norm_eps: 1e-5, rope_theta: 7, rope_scaling: { rope_type: 'linear', factor: 2 },
    rope_parameters: { rope_theta: 7 }, partial_rotary_factor: 0.5, attention_bias: true, mlp_bias: true,
    sliding_window: 7, layer_types: ['sliding_attention'], tie_word_embeddings: true, eos_token_id: 7,
    quantization_config: {},
  },
  rope: {
    rope_type: 'default', type: { rope_type: undefined, type: 'yarn' }, rope_theta: 7, factor: 7, low_freq_factor: 2,
    high_freq_factor: 7, original_max_position_embeddings: 7, partial_rotary_factor: 0.5,
  },
  vision: {
    model_type: 'siglip_vision_model', hidden_size: 96, intermediate_size: 7, num_hidden_layers: 7,
    num_attention_heads: 6, num_channels: 1, image_size: 336, patch_size: 14, hidden_act: 'gelu', layer_norm_eps: 1e-6,
  },
  clip: {
    model_type: { model_type: 'siglip', vision_config: undefined }, vision_config: { hidden_size: 96 },
    vision_config_dict: { hidden_size: 96 },
  },
  original: {
    model_type: { model_type: 'llava_mistral', sliding_window: null }, mm_vision_tower: 'openai/clip-vit-large-patch14', mm_hidden_size: 7,
    mm_vision_select_layer: -1, mm_vision_select_feature: 'cls_patch', mm_projector_type: 'linear',
    mm_resampler_type: 'perceiver', mm_use_im_start_end: true, mm_patch_merge_type: 'flat', image_aspect_ratio: 'pad',
    image_grid_pinpoints: [[336, 672]], vision_config: { hidden_size: 96 }, tokenizer_model_max_length: 7,
  },
}; // prettier-ignore

describe('keys of the files of a checkpoint', () => {
  it('are those of the Python classes, of two generations of transformers and of the original code', () => {
    assert.deepEqual(
      python.versions.map((v) => v.split('.')[0]),
      ['4', '5'],
    );
    assert.deepEqual(Object.keys(python.keys).sort(), Object.keys(LISTS).sort());
  });

  for (const [kind, rules] of Object.entries(LISTS)) {
    it(`${kind}: each has its place in a list`, () => {
      assert.ok(python.keys[kind].length > 5);
      const missing = python.keys[kind].filter((key) => !Object.hasOwn(rules, key));
      assert.deepEqual(missing, [], 'in no list: decide whether it is used, harmless or refused');
    });

    it(`${kind}: a harmless one says why`, () => {
      for (const [key, rule] of Object.entries(rules)) {
        if (rule.kind === 'harmless') assert.ok(rule.because.length > 8, key);
      }
    });
  }

  for (const [kind, read] of Object.entries(READERS)) {
    it(`${kind}: a value that is not supported is refused by name, the supported one and null are not`, () => {
      const plain = read({});
      assert.ok(!plain.startsWith('refused'), plain);
      for (const [key, values] of onlyRules(LISTS[kind])) {
        const refused = read({ [key]: otherValue(values) });
        assert.match(
          refused,
          new RegExp(`^refused: .*\\b${key} is .*not supported \\(supported: `),
          `${key}: ${refused}`,
        );
        for (const value of [...values, null]) assert.equal(read({ [key]: value }), plain, key);
      }
    });

    it(`${kind}: a used one changes what is read, or is refused by name`, () => {
      const used = Object.entries(LISTS[kind]).flatMap(([key, rule]) => (rule.kind === 'used' ? [key] : []));
      for (const key of used) {
        // the marker is read from the file
        if (key === 'crossflow') continue;
        // the decoder's keys stand beside an original config's own
        const value = SEEN[kind][key] ?? (kind === 'original' ? SEEN['text'][key] : undefined);
        assert.ok(value !== undefined, `${kind}.${key} has no value in this test`);
        const [without, patch] = changesOf(key, value);
        const seen = read(patch);
        assert.notEqual(seen, read(without), `${kind}.${key} is not used`);
        if (seen.startsWith('refused')) assert.ok(seen.includes(key), seen);
      }
    });
  }
});
