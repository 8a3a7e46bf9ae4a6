/** What is read off the clean run: logit lens and attention. */
import type { LayerCall } from './decoder';
import { causalMask } from './masks';
import type { Parts } from './parts';
import type { CleanRun } from './sequence';

/** A row's residual on its way up: L rows that enter the layers, and the last layer's output. `[L + 1, H]` */
export async function residualPath(parts: Parts, clean: CleanRun, length: number, row: number): Promise<Float32Array> {
  const { hidden, layers } = parts.decoder.spec;
  const out = new Float32Array((layers + 1) * hidden);
  for (let l = 0; l < layers; l++) out.set(clean.cache.residualRows(l, row, row + 1), l * hidden);
  out.set(row === length - 1 ? clean.final : await lastLayer(parts, clean, row), layers * hidden);
  return out;
}

/** The last layer's output for a row other than the last: only that layer runs, on that row. */
async function lastLayer(parts: Parts, clean: CleanRun, row: number): Promise<Float32Array> {
  const { layers } = parts.decoder.spec;
  const allow = causalMask(row, 1);
  const calls = Array.from({ length: layers }, (_, l): LayerCall =>
    l === layers - 1 ? { allow, enter: clean.cache.residualRows(l, row, row + 1) } : { allow },
  );
  const out = await parts.decoder.run({
    past: row,
    rows: 1,
    single: true,
    layers: calls,
    pastKeys: clean.cache.keys,
    pastValues: clean.cache.values,
    select: [0],
    selectRows: 1,
  });
  return out.final;
}

/**
 * Attention of consecutive rows `[first, first + count)` over everything before them: by layer,
 * `[heads, count, first + count]`. The rows run again over the frozen clean run.
 */
export async function attentionOf(
  parts: Parts,
  clean: CleanRun,
  first: number,
  count: number,
): Promise<Float32Array[]> {
  const allow = causalMask(first, count);
  const all = Array.from({ length: count }, (_, i) => i);
  const layers = Array.from({ length: parts.decoder.spec.layers }, (_, l): LayerCall => ({
    allow,
    ...(l === 0 ? { enter: clean.cache.residualRows(0, first, first + count) } : {}),
  }));
  const out = await parts.decoder.run({
    past: first,
    rows: count,
    single: true,
    layers,
    pastKeys: clean.cache.keys,
    pastValues: clean.cache.values,
    select: all,
    selectRows: count,
    watch: all,
  });
  return out.attention;
}
