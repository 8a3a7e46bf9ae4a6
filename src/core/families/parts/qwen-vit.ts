/**
 * Qwen's vision towers: patches of two frames in blocks that become one token, rotation over rows and columns, and what
 * the generations add. Source: transformers modeling_qwen2_vl.py, modeling_qwen2_5_vl.py, modeling_qwen3_vl.py.
 */
import { z } from 'zod';
import { parseValue } from '../../checkpoint/folder';
import type { WeightTable } from '../../checkpoint/weights';
import { usage } from '../../errors';
import type { Activation, BlockRef, NormKind, Step, TowerSpec } from '../../spec';
import { count, parseActivation, sideOf, square } from './config';
import { fusedQkv, linear, norm, refuseMoreLayers } from './names';

const schema = z.looseObject({
  model_type: z.string().nullish(),
  depth: count.max(10_000).nullish(),
  embed_dim: count.nullish(),
  hidden_size: count.nullish(),
  out_hidden_size: count.nullish(),
  intermediate_size: count.nullish(),
  mlp_ratio: z.number().positive().nullish(),
  num_heads: count.nullish(),
  in_channels: count.nullish(),
  patch_size: square.nullish(),
  spatial_merge_size: count.nullish(),
  temporal_patch_size: z.union([count, z.array(count).length(2)]).nullish(),
  hidden_act: z.string().nullish(),
  window_size: count.nullish(),
  fullatt_block_indexes: z.array(z.number().int()).nullish(),
  num_position_embeddings: count.nullish(),
  deepstack_visual_indexes: z.array(z.number().int()).nullish(),
});

/** What differs between the generations, and what holds where a config is silent. */
export interface QwenTowerRules {
  readonly types: readonly string[];
  /** Which keys are the tower's width and the decoder's. */
  readonly width: 'embed_dim' | 'hidden_size';
  readonly output: 'hidden_size' | 'out_hidden_size';
  readonly hidden: number;
  /** Undefined: `mlp_ratio` times the width. */
  readonly intermediate?: number;
  readonly layers: number;
  readonly patchSize: number;
  readonly activation: string;
  readonly norm: NormKind['kind'];
  readonly mlp: { readonly gated: boolean; readonly first: string; readonly second: string };
  /** Norm before the patches are joined, and the two matrices after it. */
  readonly merger: readonly [norm: string, first: string, second: string];
  readonly patchBias: boolean;
  readonly window?: { readonly pixels: number; readonly full: readonly number[] };
  readonly positions?: number;
  readonly taps?: readonly number[];
}

export interface QwenTowerConfig {
  readonly hidden: number;
  /** The decoder's width. */
  readonly output: number;
  readonly heads: number;
  readonly layers: number;
  readonly intermediate: number;
  readonly patchSize: number;
  /** Patches along a side of a block that becomes one token. */
  readonly merge: number;
  readonly frames: number;
  readonly activation: Activation;
  readonly window?: { readonly pixels: number; readonly full: readonly number[] };
  /** Side of the position table. */
  readonly positions?: number;
  /** Blocks after which features are taken, each with the number of its merger, in the order of the tower. */
  readonly taps: readonly { readonly after: number; readonly merger: number }[];
}

const PREFIX = 'vision_config';
/** `compute_axial_rope_parameters`, and the width that the decoder has in all three classes. */
const THETA = 10_000;
const OUTPUT = 3584;

/** @throws CrossflowError `usage` naming the key */
export function parseQwenTower(value: unknown, file: string, rules: QwenTowerRules): QwenTowerConfig {
  const raw = parseValue(value ?? {}, schema, file, PREFIX);
  const refuse = (what: string, hint?: string): Error => usage(`${PREFIX}.${what}`, file, hint);
  if (raw.model_type != null && !rules.types.includes(raw.model_type)) {
    throw refuse(`model_type is "${raw.model_type}", which is not supported`, `supported: ${rules.types.join(', ')}`);
  }
  if ((raw.in_channels ?? 3) !== 3) throw refuse(`in_channels is ${raw.in_channels}, not 3`);
  const hidden = raw[rules.width] ?? rules.hidden;
  const heads = raw.num_heads ?? 16;
  // half of a head's frequencies turn by the row, half by the column
  if (hidden % (4 * heads) !== 0) throw refuse(`num_heads (${heads}) cuts ${rules.width} (${hidden}) into no heads of a multiple of 4`); // prettier-ignore
  const patchSize = sideOf(raw.patch_size ?? rules.patchSize, `${PREFIX}.patch_size`, file);
  const merge = raw.spatial_merge_size ?? 2;
  const layers = raw.depth ?? rules.layers;
  const [frames] = [raw.temporal_patch_size ?? 2].flat();
  const table = rules.positions === undefined ? undefined : (raw.num_position_embeddings ?? rules.positions);
  const positions = table === undefined ? undefined : Math.round(Math.sqrt(table));
  if (positions !== undefined && positions ** 2 !== table) throw refuse(`num_position_embeddings (${table}) is no square`); // prettier-ignore
  const window = rules.window && {
    pixels: raw.window_size ?? rules.window.pixels,
    full: raw.fullatt_block_indexes ?? rules.window.full,
  };
  if (window && window.pixels % (patchSize * merge) !== 0) {
    const what = `window_size (${window.pixels}) is no multiple of the ${patchSize * merge} pixels of a token`;
    throw refuse(what, 'patch_size times spatial_merge_size');
  }
  const indexes = rules.taps ? (raw.deepstack_visual_indexes ?? rules.taps) : [];
  const beyond = indexes.find((i) => i < 0 || i >= layers);
  if (beyond !== undefined) {
    throw refuse(`deepstack_visual_indexes names block ${beyond}, but the tower has ${layers} (0 to ${layers - 1})`);
  }
  return {
    hidden,
    output: raw[rules.output] ?? OUTPUT,
    heads,
    layers,
    intermediate: rules.intermediate === undefined ? hidden * (raw.mlp_ratio ?? 4) : (raw.intermediate_size ?? rules.intermediate), // prettier-ignore
    patchSize,
    merge,
    frames: frames ?? 2,
    activation: parseActivation(raw.hidden_act ?? rules.activation, `${PREFIX}.hidden_act`, file),
    ...(window && { window }),
    ...(positions !== undefined && { positions }),
    taps: [...new Set(indexes)].map((after) => ({ after, merger: indexes.indexOf(after) })).sort((a, b) => a.after - b.after), // prettier-ignore
  };
}

/** @param prefix before `patch_embed`, `blocks` and `merger` */
export function qwenTower(
  w: WeightTable,
  prefix: string,
  vision: QwenTowerConfig,
  rules: QwenTowerRules,
  file: string,
): TowerSpec {
  const { hidden, heads, patchSize, frames, merge: factor } = vision;
  const as: NormKind = { kind: rules.norm, epsilon: 1e-6 };
  const biased = rules.norm === 'layer';
  const merge = { kind: 'join', factor } as const;
  const joined = hidden * factor ** 2;
  const patch = `${prefix}patch_embed.proj`;
  refuseMoreLayers(w, `${prefix}blocks.${vision.layers}.norm1.weight`, vision.layers, file);
  /** The norm is over patches before they are joined, or over what they are joined to. */
  const merger = (at: string, before: boolean): Step[] => {
    const [first, second, third] = rules.merger.map((name) => `${at}.${name}`) as [string, string, string];
    const normed = { norm: norm(w, first, before ? hidden : joined, biased), as };
    return [
      before ? { ...normed, beforeMerge: true } : normed,
      { linear: linear(w, second, joined, joined, true), activation: 'gelu' },
      { linear: linear(w, third, vision.output, joined, true) },
    ];
  };
  const table = vision.positions;
  return {
    hidden,
    heads,
    norm: as,
    patchSize,
    patch: {
      kind: 'frames',
      frames,
      weight: w.get(`${patch}.weight`, [hidden, 3, frames, patchSize, patchSize]),
      ...(rules.patchBias && { bias: w.get(`${patch}.bias`, [hidden]) }),
    },
    positions:
      table === undefined
        ? { kind: 'none' }
        : { kind: 'interpolated', table: w.get(`${prefix}pos_embed.weight`, [table ** 2, hidden]), side: table },
    rope2d: { theta: THETA },
    ...(vision.window && { window: vision.window }),
    blocks: Array.from({ length: vision.layers }, (_, l) => block(w, `${prefix}blocks.${l}`, vision, rules)),
    merge,
    project: merger(`${prefix}merger`, true),
    taps: vision.taps.map(({ after, merger: i }) => ({
      after,
      merge,
      project: merger(`${prefix}deepstack_merger_list.${i}`, false),
    })),
  };
}

function block(w: WeightTable, at: string, vision: QwenTowerConfig, rules: QwenTowerRules): BlockRef {
  const { hidden, intermediate, activation } = vision;
  const biased = rules.norm === 'layer';
  const { gated, first, second } = rules.mlp;
  const inner = (name: string) => linear(w, `${at}.mlp.${name}`, intermediate, hidden, true);
  const outer = linear(w, `${at}.mlp.${second}`, hidden, intermediate, true);
  return {
    norm1: norm(w, `${at}.norm1`, hidden, biased),
    ...fusedQkv(w, `${at}.attn.qkv`, hidden),
    output: linear(w, `${at}.attn.proj`, hidden, hidden, true),
    norm2: norm(w, `${at}.norm2`, hidden, biased),
    mlp: gated
      ? { kind: 'gated', gate: inner(first), up: inner('up_proj'), down: outer, activation }
      : { kind: 'plain', first: inner(first), second: outer, activation },
  };
}
