/**
 * Plans knockout variants as forked rows over the clean run. Pure: numbers in, plan out.
 *
 * A variant (an effect active in layers [start, end)) equals the clean run before its first layer and before its first
 * row, so it enters there. Variants whose histories are equal up to a layer are one group until they part: with a
 * window of 9 the first five centre layers all start at layer 0, and differ only in when they stop.
 */
import type { LayerRange } from './effects';

export interface Variant extends LayerRange {
  /** Index into the effects. */
  readonly effect: number;
}

/** One group of rows in one layer. */
export interface Group {
  readonly effect: number;
  readonly active: boolean;
  /** Index of the group of the layer before it continues; -1: enters from the clean run. */
  readonly parent: number;
}

export interface ForkPlan {
  /** By layer; entering groups come last. */
  readonly layers: readonly (readonly Group[])[];
  /** For each variant its group in the last layer. */
  readonly ends: readonly number[];
}

export function planForks(variants: readonly Variant[], layers: number): ForkPlan {
  const plan: Group[][] = [];
  let before = new Map<string, number>();
  let ends: number[] = [];
  for (let l = 0; l < layers; l++) {
    const here = new Map<string, number>();
    const kept: Group[] = [];
    const entering: { key: string; group: Group }[] = [];
    for (const v of variants) {
      if (v.start > l) continue;
      const key = history(v, l);
      if (here.has(key)) continue;
      const active = l < v.end;
      if (v.start === l) {
        entering.push({ key, group: { effect: v.effect, active, parent: -1 } });
        here.set(key, -1);
      } else {
        here.set(key, kept.length);
        kept.push({ effect: v.effect, active, parent: before.get(history(v, l - 1))! });
      }
    }
    entering.forEach(({ key }, i) => here.set(key, kept.length + i));
    plan.push([...kept, ...entering.map((e) => e.group)]);
    before = here;
    if (l === layers - 1) ends = variants.map((v) => here.get(history(v, l)) ?? -1);
  }
  return { layers: plan, ends };
}

/** Equal for two variants exactly when they have been the same up to and including layer l. */
const history = (v: Variant, l: number): string => `${v.effect}:${v.start}:${Math.min(v.end, l + 1)}`;

/** Group-layers of a plan: what it costs, in units of one group through one layer. */
export function planCost(plan: ForkPlan): number {
  return plan.layers.reduce((sum, groups) => sum + groups.length, 0);
}
