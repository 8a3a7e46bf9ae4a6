import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CrossflowError } from '../../src/core/errors';
import { familyOf } from '../../src/core/families';
import type { LlavaConfig } from '../../src/core/families/parts/llava-model';
import { loadGolden } from '../support/golden';

const FILE = 'config.json';
type Json = Record<string, unknown>;
type Parsed = LlavaConfig & { readonly tower?: { readonly name: string; readonly hidden?: number } };
const parseConfig = (json: Json, file: string): Parsed => familyOf(json, file).parse(json, file) as Parsed;

/** llava-hf/llava-1.5-7b-hf, as published: nearly everything of the decoder is left to LlamaConfig. */
const LLAVA_15_7B: Json = {
  architectures: ['LlavaForConditionalGeneration'],
  ignore_index: -100,
  image_token_index: 32000,
  model_type: 'llava',
  pad_token_id: 32001,
  projector_hidden_act: 'gelu',
  text_config: {
    _name_or_path: 'lmsys/vicuna-7b-v1.5',
    architectures: ['LlamaForCausalLM'],
    max_position_embeddings: 4096,
    model_type: 'llama',
    rms_norm_eps: 1e-5,
    torch_dtype: 'float16',
    vocab_size: 32064,
  },
  tie_word_embeddings: false,
  torch_dtype: 'float16',
  vision_config: {
    hidden_size: 1024,
    image_size: 336,
    intermediate_size: 4096,
    model_type: 'clip_vision_model',
    num_attention_heads: 16,
    num_hidden_layers: 24,
    patch_size: 14,
    projection_dim: 768,
    vocab_size: 32000,
  },
  vision_feature_layer: -2,
  vision_feature_select_strategy: 'default',
  vocab_size: 32064,
};

/** liuhaotian/llava-v1.5-7b, as published. */
const ORIGINAL_15_7B: Json = {
  architectures: ['LlavaLlamaForCausalLM'],
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 4096,
  image_aspect_ratio: 'pad',
  image_grid_pinpoints: null,
  intermediate_size: 11008,
  max_length: 4096,
  max_position_embeddings: 4096,
  mm_hidden_size: 1024,
  mm_projector_type: 'mlp2x_gelu',
  mm_resampler_type: null,
  mm_use_im_patch_token: false,
  mm_use_im_start_end: false,
  mm_vision_select_feature: 'patch',
  mm_vision_select_layer: -2,
  mm_vision_tower: 'openai/clip-vit-large-patch14-336',
  model_type: 'llava',
  num_attention_heads: 32,
  num_hidden_layers: 32,
  num_key_value_heads: 32,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  tie_word_embeddings: false,
  use_mm_proj: true,
  vocab_size: 32000,
};

const text = (changes: Json): Json => ({
  ...LLAVA_15_7B,
  text_config: { ...(LLAVA_15_7B['text_config'] as Json), ...changes },
});
const vision = (changes: Json): Json => ({
  ...LLAVA_15_7B,
  vision_config: { ...(LLAVA_15_7B['vision_config'] as Json), ...changes },
});

describe('config.json', () => {
  it('fills in what llava-1.5-7b-hf leaves out', () => {
    const { text, vision, featureLayer, select, imageTokenId, family, projector } = parseConfig(LLAVA_15_7B, FILE);
    const { hidden, layers, heads, kvHeads, headDim, intermediate, vocab, rmsEpsilon, rope, maxPositions } = text;
    assert.deepEqual(
      { hidden, layers, heads, kvHeads, headDim, intermediate, vocab, rmsEpsilon, rope, maxPositions },
      { hidden: 4096, layers: 32, heads: 32, kvHeads: 32, headDim: 128, intermediate: 11008, vocab: 32064, rmsEpsilon: 1e-5, rope: { theta: 10000 }, maxPositions: 4096 }, // prettier-ignore
    );
    assert.equal(vision?.activation, 'quick_gelu');
    assert.deepEqual([featureLayer, select, imageTokenId, family], [-2, 'default', 32000, 'llava']);
    assert.deepEqual(projector, { activation: 'gelu', bias: true });
  });

  it('fills in everything', () => {
    const config = parseConfig({ model_type: 'llava_next' }, FILE);
    assert.deepEqual(config.vision, { hidden: 1024, intermediate: 4096, layers: 24, heads: 16, imageSize: 336, patchSize: 14, layerNormEpsilon: 1e-5, activation: 'quick_gelu' }); // prettier-ignore
    assert.equal(config.text.vocab, 32000);
    assert.equal(config.text.rmsEpsilon, 1e-6);
    assert.equal(config.text.maxPositions, 2048);
    assert.deepEqual(config.gridPinpoints?.[0], [336, 672]);
    assert.equal(config.aspect, 'anyres');
    // a vision_config that is there but empty has the defaults of CLIPVisionConfig instead
    const empty = parseConfig({ model_type: 'llava', vision_config: {} }, FILE);
    assert.deepEqual([empty.vision?.hidden, empty.vision?.layers, empty.vision?.patchSize], [768, 12, 32]);
  });

  it('knows the family by its architecture when model_type is missing', () => {
    assert.equal(parseConfig({ architectures: ['LlavaNextForConditionalGeneration'] }, FILE).family, 'llava_next');
  });

  it('reads theta and scaling from the places of both generations', () => {
    const rope = (changes: Json): unknown => {
      const { theta, scaling } = parseConfig(text(changes), FILE).text.rope;
      return [theta, scaling];
    };
    assert.deepEqual(rope({ rope_theta: 5e5 }), [5e5, undefined]);
    assert.deepEqual(rope({ rope_parameters: { rope_theta: 5e5, rope_type: 'default' } }), [5e5, undefined]);
    assert.deepEqual(rope({ rope_scaling: { type: 'linear', factor: 2 } }), [1e4, { type: 'linear', factor: 2 }]);
    const llama3 = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    assert.deepEqual(rope({ rope_theta: 5e5, rope_scaling: { ...llama3, original_max_position_embeddings: 8192 } }), [
      5e5,
      { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 8192 },
    ]);
    assert.deepEqual(rope({ rope_parameters: { ...llama3, rope_theta: 7 } }), [
      7,
      { type: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 4096 },
    ]);
  });

  it('reads Mistral without a sliding window, with its own defaults', () => {
    const config = parseConfig({ ...LLAVA_15_7B, text_config: { model_type: 'mistral', sliding_window: null } }, FILE);
    assert.deepEqual([config.text.kvHeads, config.text.intermediate, config.text.maxPositions], [8, 14336, 131072]);
    assert.equal(parseConfig(text({ num_key_value_heads: null, model_type: 'mistral', sliding_window: null }), FILE).text.kvHeads, 32); // prettier-ignore
  });

  it('reads an original LLaVA config', () => {
    const config = parseConfig(ORIGINAL_15_7B, FILE);
    assert.deepEqual([config.family, config.aspect, config.imageTokenId], ['llava', 'pad', -200]);
    assert.deepEqual(config.tower, { name: 'openai/clip-vit-large-patch14-336', hidden: 1024 });
    assert.equal(config.vision?.layers, 24);
    assert.deepEqual(config.text.eos, [2]);
  });

  it('reads pinpoints of an original config as (width, height), as a list and as a string', () => {
    const next = { ...ORIGINAL_15_7B, image_aspect_ratio: 'anyres', mm_patch_merge_type: 'spatial_unpad' };
    for (const pinpoints of [
      [
        [336, 672],
        [1008, 336],
      ],
      '[[336, 672], [1008, 336]]',
      '[(336, 672), (1008, 336)]',
    ]) {
      const config = parseConfig({ ...next, image_grid_pinpoints: pinpoints }, FILE);
      assert.deepEqual(config.gridPinpoints, [[672, 336], [336, 1008]]); // prettier-ignore
      assert.deepEqual([config.family, config.aspect], ['llava_next', 'anyres']);
    }
  });

  const original = (changes: Json): Json => ({ ...ORIGINAL_15_7B, ...changes });
  const REFUSED: readonly (readonly [string, Json, RegExp])[] = [
    ['another model', { model_type: 'qwen3_5' }, /model_type "qwen3_5" is not supported \(supported: .*llava, llava_next/],
    ['no model type', {}, /a config without model_type is not supported/],
    ['another architecture', { architectures: ['X'] }, /architecture "X" is not supported/],
    ['a decoder', text({ model_type: 'qwen2' }), /text_config\.model_type is "qwen2".*supported: llama, mistral/],
    ['a tower', vision({ model_type: 'siglip_vision_model' }), /vision_config\.model_type is "siglip_vision_model"/],
    ['an activation', text({ hidden_act: 'gelu' }), /text_config\.hidden_act is "gelu".*supported: silu/],
    ['a tower activation', vision({ hidden_act: 'mish' }), /vision_config\.hidden_act is "mish"/],
    ['a projector activation', { ...LLAVA_15_7B, projector_hidden_act: 'tanh' }, /projector_hidden_act is "tanh"/],
    ['rope scaling', text({ rope_scaling: { type: 'dynamic', factor: 2 } }), /rope_scaling\.rope_type is "dynamic".*default, linear, llama3/],
    ['rope without factor', text({ rope_scaling: { type: 'linear' } }), /rope_scaling\.factor is missing/],
    ['partial rotary', text({ partial_rotary_factor: 0.5 }), /partial_rotary_factor is 0\.5/],
    ['sliding window', text({ sliding_window: 4096 }), /sliding_window is 4096: sliding windows are not supported/],
    ["Mistral's default window", text({ model_type: 'mistral' }), /sliding_window is 4096 \(by default\)/],
    ['layer types', text({ layer_types: ['sliding_attention'] }), /layer_types has "sliding_attention"/],
    ['quantised', { ...LLAVA_15_7B, quantization_config: { load_in_4bit: true } }, /quantization_config: quantised/],
    ['quantised inside', text({ quantization_config: {} }), /text_config\.quantization_config: quantised/],
    ['several layers', { ...LLAVA_15_7B, vision_feature_layer: [-2, -5] }, /vision_feature_layer is a list/],
    ['a strategy', { ...LLAVA_15_7B, vision_feature_select_strategy: 'cls' }, /vision_feature_select_strategy is "cls"/],
    ['a wrong type', text({ hidden_size: '4096' }), /text_config\.hidden_size: .*number/],
    ['a negative size', text({ vocab_size: -1 }), /text_config\.vocab_size/],
    ['heads', text({ num_key_value_heads: 5 }), /num_key_value_heads \(5\) does not divide num_attention_heads \(32\)/],
    ['head size', text({ head_dim: 3 }), /head_dim \(3\) is odd/],
    ['channels', vision({ num_channels: 1 }), /num_channels is 1/],
    ['oblong images', vision({ image_size: [336, 224] }), /image_size is not square/],
    ['an original projector', original({ mm_projector_type: 'linear' }), /mm_projector_type is "linear".*mlp2x_gelu/],
    ['a resampler', original({ mm_resampler_type: 'perceiver' }), /mm_resampler_type is "perceiver"/],
    ['image start tokens', original({ mm_use_im_start_end: true }), /mm_use_im_start_end is true/],
    ['a merge type', original({ mm_patch_merge_type: 'spatial' }), /mm_patch_merge_type is "spatial"/],
    ['flat anyres', original({ image_aspect_ratio: 'anyres' }), /"anyres" with mm_patch_merge_type "flat"/],
    ['an aspect', original({ image_aspect_ratio: 'anyres_max_9' }), /image_aspect_ratio is "anyres_max_9"/],
    ['a feature', original({ mm_vision_select_feature: 'cls' }), /mm_vision_select_feature is "cls"/],
    ['pinpoints', original({ image_aspect_ratio: 'anyres', mm_patch_merge_type: 'spatial_unpad', image_grid_pinpoints: '(1x1)' }), /image_grid_pinpoints is "\(1x1\)"/],
    ['a scaled original', original({ rope_scaling: { type: 'yarn' } }), /rope_scaling\.rope_type is "yarn"/],
  ]; // prettier-ignore
  for (const [what, config, message] of REFUSED) {
    it(`refuses ${what} by name`, () => {
      assert.throws(
        () => parseConfig(config, FILE),
        (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line) && !e.line.includes('\n'),
      );
    });
  }

  it('refuses no key of the golden configs', () => {
    const { modelDir } = loadGolden('llava-next-llama3');
    const json = JSON.parse(readFileSync(`${modelDir}/config.json`, 'utf8')) as Json;
    assert.equal(parseConfig(json, FILE).text.kvHeads, 2);
  });
});
