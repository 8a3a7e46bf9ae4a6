/** Runs planned forks over a cached clean run; one call of the decoder graph per chunk. */
import type { Decoder, LayerCall } from './decoder';
import type { Effect } from './effects';
import type { ForkPlan, Group } from './forks';
import { type Blocked, blockedRows, groupMask, type GroupMask, layerMasks } from './masks';
import type { CleanRun } from './sequence';

/**
 * The last position's residual after the last layer for every variant of the plan, `[variants, H]` in the order of
 * `plan.ends`; undefined where a variant never leaves the clean run. `first` is the first row that differs.
 */
export async function runForks(
  decoder: Decoder,
  { cache, sight, positions }: CleanRun,
  length: number,
  effects: readonly Effect[],
  plan: ForkPlan,
  first: number,
): Promise<(Float32Array | undefined)[]> {
  const { hidden, layers, kinds } = decoder.spec;
  const rows = length - first;
  const plain = layerMasks(decoder.spec, sight, first, rows);
  const blockedMasks = new Map<string, Blocked>();
  const blocked = (g: Group, l: number): Blocked | undefined => {
    if (!g.active || effects[g.effect].sublayer) return undefined;
    const key = `${g.effect} ${kinds[l].window}`;
    let mask = blockedMasks.get(key);
    if (!mask) blockedMasks.set(key, (mask = blockedRows(effects[g.effect], plain[l], first)));
    return mask;
  };
  const shared = new Map<string, GroupMask>();
  /** Layers of a kind whose groups do the same share one mask: all layers' are there at once. */
  const maskOf = (groups: readonly Group[], l: number): GroupMask => {
    const only = l === layers - 1 ? 'last' : 'all';
    const parts = groups.map((g) => blocked(g, l));
    const key = `${only} ${kinds[l].window} ${groups.map((g, i) => (parts[i] ? g.effect : '')).join()}`;
    let mask = shared.get(key);
    if (!mask) shared.set(key, (mask = groupMask(parts, plain[l], decoder.spec, only)));
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
      ...maskOf(groups, l),
      ...scales(groups, effects, first, rows, last),
    };
  });
  const count = plan.layers[layers - 1].length;
  /** Groups of a layer's output that go on into the next. */
  const going = (l: number): number => plan.layers[l + 1].filter((g) => g.parent >= 0).length;
  const out = await decoder.run({
    past: first,
    rows,
    positions,
    added: cache.additions(first, length, going),
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
