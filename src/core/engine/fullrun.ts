/**
 * The reference: the whole sequence, one pass per variant, as the published code does it. Slow on purpose; what
 * forked rows are checked against.
 */
import type { Cache } from './cache';
import type { Decoder, LayerCall } from './decoder';
import type { Effect, LayerRange } from './effects';
import { blockedRows, causalMask, groupMask, type GroupMask } from './masks';

/** The last position's residual after the last layer, `[H]`, with `effect` acting in the layers of `range`. */
export async function runFull(
  decoder: Decoder,
  cache: Cache,
  length: number,
  effect: Effect,
  range: LayerRange,
): Promise<Float32Array> {
  const { layers } = decoder.spec;
  const causal = causalMask(0, length);
  const blocked = effect.sublayer ? undefined : blockedRows(effect, causal, 0);
  const maskOf = (active: boolean, only: 'all' | 'last'): GroupMask =>
    groupMask([active ? blocked : undefined], causal, decoder.spec, only);
  const [inside, outside] = [maskOf(true, 'all'), maskOf(false, 'all')];
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
      ...(last ? maskOf(active, 'last') : active ? inside : outside),
      attentionScale: off('attention'),
      mlpScale: off('mlp'),
    };
  });
  const out = await decoder.run({
    past: 0,
    rows: length,
    single: true,
    layers: calls,
    pastKeys: cache.keys,
    pastValues: cache.values,
    select: [length - 1],
    selectRows: 1,
  });
  return out.final;
}
