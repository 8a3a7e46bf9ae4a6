/**
 * Qwen2-VL, Qwen2.5-VL and Qwen3-VL: a picture keeps its size within limits, 2 x 2 patches are a token, tokens stand on
 * three axes. Source: transformers modeling_qwen2_vl.py, modeling_qwen2_5_vl.py, modeling_qwen3_vl.py and the
 * configurations beside them (release 5.24).
 */
import { z } from 'zod';
import { parseValue } from '../checkpoint/folder';
import { readTokens } from '../checkpoint/special-tokens';
import { usage } from '../errors';
import { family, namedBy, type Family, type RawConfig } from './family';
import { FAMILY_KEYS } from './keys/models';
import { tokenId } from './parts/config';
import { runText } from './parts/grids';
import { modelSpec } from './parts/model';
import { noLayout, prefixOf } from './parts/names';
import { readProcessorFile } from './parts/processor';
import { parseQwenTower, qwenTower, type QwenTowerConfig, type QwenTowerRules } from './parts/qwen-vit';
import { sizedEye, sizedProcessor } from './parts/sized';
import { parseTextConfig, textDecoder, type TextConfig } from './parts/text';
import type { TextModelType } from './parts/text-types';

interface Generation {
  readonly id: 'qwen2_vl' | 'qwen2_5_vl' | 'qwen3_vl';
  readonly title: string;
  readonly architecture: string;
  readonly text: TextModelType;
  readonly tower: QwenTowerRules;
}

const QWEN2_TOWER: QwenTowerRules = {
  types: ['qwen2_vl', 'qwen2_vl_vision'],
  width: 'embed_dim',
  output: 'hidden_size',
  hidden: 1280,
  layers: 32,
  patchSize: 14,
  activation: 'quick_gelu',
  norm: 'layer',
  mlp: { gated: false, first: 'fc1', second: 'fc2' },
  merger: ['ln_q', 'mlp.0', 'mlp.2'],
  patchBias: false,
};

const GENERATIONS: readonly Generation[] = [
  {
    id: 'qwen2_vl',
    title: 'Qwen2-VL',
    architecture: 'Qwen2VLForConditionalGeneration',
    text: 'qwen2_vl_text',
    tower: QWEN2_TOWER,
  },
  {
    id: 'qwen2_5_vl',
    title: 'Qwen2.5-VL',
    architecture: 'Qwen2_5_VLForConditionalGeneration',
    text: 'qwen2_5_vl_text',
    tower: {
      ...QWEN2_TOWER,
      types: ['qwen2_5_vl', 'qwen2_5_vl_vision'],
      width: 'hidden_size',
      output: 'out_hidden_size',
      hidden: 3584,
      intermediate: 3420,
      activation: 'silu',
      norm: 'rms',
      mlp: { gated: true, first: 'gate_proj', second: 'down_proj' },
      window: { pixels: 112, full: [7, 15, 23, 31] },
    },
  },
  {
    id: 'qwen3_vl',
    title: 'Qwen3-VL',
    architecture: 'Qwen3VLForConditionalGeneration',
    text: 'qwen3_vl_text',
    tower: {
      types: ['qwen3_vl', 'qwen3_vl_vision'],
      width: 'hidden_size',
      output: 'out_hidden_size',
      hidden: 1152,
      intermediate: 4304,
      layers: 27,
      patchSize: 16,
      activation: 'gelu_pytorch_tanh',
      norm: 'layer',
      mlp: { gated: false, first: 'linear_fc1', second: 'linear_fc2' },
      merger: ['norm', 'linear_fc1', 'linear_fc2'],
      patchBias: true,
      positions: 48 * 48,
      taps: [8, 16, 24],
    },
  },
];

const schema = z.looseObject({
  text_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config: z.record(z.string(), z.unknown()).nullish(),
  image_token_id: tokenId.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
});

interface Config {
  readonly text: TextConfig;
  readonly vision: QwenTowerConfig;
  readonly imageTokenId: number;
}

/** As saved, and as the class has them in memory since release 4.52. */
const VISUAL = ['visual.', 'model.visual.'];
const DECODER = ['model.language_model.', 'model.'];
const AROUND = { before: '<|vision_start|>', after: '<|vision_end|>' };

const qwen = (generation: Generation): Family =>
  family<Config>({
    id: generation.id,
    title: generation.title,
    types: [generation.id],
    keys: FAMILY_KEYS[generation.id],
    claims: namedBy([generation.id], [generation.architecture]),
    parse: (config, file) => parse(generation, config, file),
    async open(folder, { text, vision, imageTokenId }) {
      const { weights: w, config: file } = folder;
      const probes = { visual: 'patch_embed.proj.weight', decoder: 'norm.weight' };
      const visual = prefixOf(w, VISUAL, probes.visual);
      const prefix = prefixOf(w, DECODER, probes.decoder);
      if (visual === undefined || prefix === undefined) {
        throw noLayout(w, folder.path, visual === undefined ? VISUAL.map((p) => p + probes.visual) : DECODER.map((p) => p + probes.decoder)); // prettier-ignore
      }
      const { found, imageToken } = await readProcessorFile([folder.path]);
      const processor = sizedProcessor(found ?? { raw: {}, file: folder.path }, vision);
      const decoder = textDecoder(w, { prefix, head: 'lm_head.weight' }, text, file);
      const tower = qwenTower(w, visual, vision, generation.tower, file);
      const tokens = await readTokens(folder.path, imageTokenId, text.eos, imageToken);
      const image = tokens.imageText ?? '<|image_pad|>';
      return modelSpec(folder, {
        family: generation.id,
        layout: visual === VISUAL[0] ? 'hf' : 'hf in memory',
        decoder: { ...decoder, additions: tower.taps.map((_, l) => l) },
        eye: sizedEye(tower, processor, AROUND),
        prompt: {
          placeholder: AROUND.before + image + AROUND.after,
          imageTokenId,
          imageTokenText: image,
          templates: {},
          imageText: (layout) => runText(layout, image),
        },
        eosTokenIds: tokens.eos,
      });
    },
  });

function parse({ text: type, tower }: Generation, config: RawConfig, file: string): Config {
  const raw = parseValue(config, schema, file);
  const vision = parseQwenTower(raw.vision_config, file, tower);
  // files of the hub have the decoder's keys at the top
  const text = raw.text_config
    ? parseTextConfig(raw.text_config, file, 'text_config', { types: [type] })
    : parseTextConfig(config, file, '', { is: type });
  if (vision.output !== text.hidden) {
    const what = `vision_config.${tower.output} (${vision.output}) is not the hidden_size of the decoder (${text.hidden})`;
    throw usage(what, file);
  }
  if (vision.taps.length >= text.layers) {
    const what = `vision_config.deepstack_visual_indexes has ${vision.taps.length} blocks`;
    throw usage(`${what}, which are added after as many layers, but the decoder has ${text.layers}`, file);
  }
  return {
    text: { ...text, tied: (raw.tie_word_embeddings ?? false) || text.tied },
    vision,
    imageTokenId: raw.image_token_id ?? 151655,
  };
}

export const qwenVl: readonly Family[] = GENERATIONS.map(qwen);
