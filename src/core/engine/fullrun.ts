/**
 * The reference: the whole sequence, one pass per variant, as the published code does it. Slow on purpose; what
 * forked rows are checked against.
 */
import type { Decoder, LayerCall } from './decoder';
import type { Effect, LayerRange } from './effects';
import { blockedRows, groupMask, type GroupMask, layerMasks } from './masks';
import type { CleanRun } from './sequence';

/** The last position's residual after the last layer, `[H]`, with `effect` acting in the layers of `range`. */
export async function runFull(
  decoder: Decoder,
  { cache, sight, positions }: CleanRun,
  length: number,
  effect: Effect,
  range: LayerRange,
): Promise<Float32Array> {
  const { layers, kinds } = decoder.spec;
  const plain = layerMasks(decoder.spec, sight, 0, length);
  const shared = new Map<string, GroupMask>();
  const maskOf = (l: number, active: boolean): GroupMask => {
    const only = l === layers - 1 ? 'last' : 'all';
    const key = `${only} ${kinds[l].window} ${active}`;
    let mask = shared.get(key);
    if (!mask) {
      const blocked = active && !effect.sublayer ? blockedRows(effect, plain[l], 0) : undefined;
      shared.set(key, (mask = groupMask([blocked], plain[l], decoder.spec, only)));
    }
    return mask;
  };
  const calls = Array.from({ length: layers }, (_, l): LayerCall => {
    const active = l >= range.start && l < range.end;
    const last = l === layers - 1;
    const off = (kind: 'attention' | 'mlp'): Float32Array | undefined => {
      if (!active || effect.sublayer !== kind) return undefined;
      const values = new Float32Array(length).fill(1);
      for (const t of effect.targets) values[t] = 0;
      return last ? values.subarray(length - 1) : values;
    };
    return {
      ...(l === 0 ? { enter: cache.residualRows(0, 0, length) } : {}),
      ...maskOf(l, active),
      attentionScale: off('attention'),
      mlpScale: off('mlp'),
    };
  });
  const out = await decoder.run({
    past: 0,
    rows: length,
    positions,
    added: cache.additions(0, length),
    single: true,
    layers: calls,
    pastKeys: cache.keys,
    pastValues: cache.values,
    select: [length - 1],
    selectRows: 1,
  });
  return out.final;
}
