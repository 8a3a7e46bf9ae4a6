/** Runs planned forks over a cached clean run; one call of the decoder graph per chunk. */
import type { Cache } from './cache';
import type { Decoder, LayerCall } from './decoder';
import type { Effect } from './effects';
import type { ForkPlan, Group } from './forks';
import { type Blocked, blockedRows, causalMask, groupMask, type GroupMask } from './masks';

/**
 * The last position's residual after the last layer for every variant of the plan, `[variants, H]` in the order of
 * `plan.ends`; undefined where a variant never leaves the clean run. `first` is the first row that differs.
 */
export async function runForks(
  decoder: Decoder,
  cache: Cache,
  length: number,
  effects: readonly Effect[],
  plan: ForkPlan,
  first: number,
): Promise<(Float32Array | undefined)[]> {
  const { hidden, layers } = decoder.spec;
  const rows = length - first;
  const causal = causalMask(first, rows);
  const masks = new Map<number, Blocked>();
  const blocked = (g: Group): Blocked | undefined => {
    if (!g.active || effects[g.effect].sublayer) return undefined;
    let mask = masks.get(g.effect);
    if (!mask) masks.set(g.effect, (mask = blockedRows(effects[g.effect], causal, first)));
    return mask;
  };
  const layerMasks = new Map<string, GroupMask>();
  /** Layers whose groups do the same share one mask: all layers' are there at once. */
  const maskOf = (groups: readonly Group[], only: 'all' | 'last'): GroupMask => {
    const parts = groups.map(blocked);
    const key = `${only} ${groups.map((g, i) => (parts[i] ? g.effect : '')).join()}`;
    let mask = layerMasks.get(key);
    if (!mask) layerMasks.set(key, (mask = groupMask(parts, causal, decoder.spec, only)));
    return mask;
  };
  const calls = plan.layers.map((groups, l): LayerCall => {
    const last = l === layers - 1;
    const keep: number[] = [];
    for (const g of groups) if (g.parent >= 0) for (let i = 0; i < rows; i++) keep.push(g.parent * rows + i);
    const joining = groups.filter((g) => g.parent < 0).length;
    const enter = new Float32Array(joining * rows * hidden);
    const clean = cache.residualRows(l, first, length);
    for (let i = 0; i < joining; i++) enter.set(clean, i * clean.length);
    return {
      enter,
      keep,
      ...maskOf(groups, last ? 'last' : 'all'),
      ...scales(groups, effects, first, rows, last),
    };
  });
  const count = plan.layers[layers - 1].length;
  const out = await decoder.run({
    past: first,
    rows,
    single: first === 0 || (count <= 1 && plan.layers.every((g) => g.length <= 1)),
    layers: calls,
    pastKeys: cache.keys,
    pastValues: cache.values,
    select: Array.from({ length: count }, (_, g) => g * rows + rows - 1),
    selectRows: 1,
  });
  return plan.ends.map((g) => (g < 0 ? undefined : out.final.subarray(g * hidden, (g + 1) * hidden)));
}

/** 0 where a sublayer knockout takes a row's attention or MLP output away. */
function scales(
  groups: readonly Group[],
  effects: readonly Effect[],
  first: number,
  rows: number,
  last: boolean,
): Pick<LayerCall, 'attentionScale' | 'mlpScale'> {
  const of = (kind: 'attention' | 'mlp'): Float32Array | undefined => {
    if (!groups.some((g) => g.active && effects[g.effect].sublayer === kind)) return undefined;
    const q = last ? 1 : rows;
    const values = new Float32Array(groups.length * q).fill(1);
    groups.forEach((g, i) => {
      if (!g.active || effects[g.effect].sublayer !== kind) return;
      for (const t of effects[g.effect].targets) {
        const row = t - first - (rows - q);
        if (row >= 0) values[i * q + row] = 0;
      }
    });
    return values;
  };
  return { attentionScale: of('attention'), mlpScale: of('mlp') };
}
