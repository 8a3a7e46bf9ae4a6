/** What is read off the clean run: logit lens and attention. */
import type { LayerCall } from './decoder';
import { layerMasks } from './masks';
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

/** The last layer's output for a row other than the last: only that layer runs, on that row and those that see it too. */
async function lastLayer(parts: Parts, { cache, sight, positions }: CleanRun, row: number): Promise<Float32Array> {
  const { spec } = parts.decoder;
  const [past, end] = [sight.start(row), sight.end(row)];
  const rows = end - past;
  const { window } = spec.kinds[spec.layers - 1];
  const whole = sight.mask(past, rows, window);
  const columns = past + rows;
  // The last layer's mask has the selected rows alone.
  const own = whole.data.subarray((row - past) * columns, (row - past + 1) * columns);
  const allow = { dims: [1, 1, 1, 1, columns], data: own } as const;
  const out = await parts.decoder.run({
    past,
    rows,
    positions,
    single: true,
    layers: Array.from({ length: spec.layers }, (_, l): LayerCall =>
      l === spec.layers - 1 ? { allow, enter: cache.residualRows(l, past, end) } : { allow },
    ),
    pastKeys: cache.keys,
    pastValues: cache.values,
    select: [row - past],
    selectRows: 1,
  });
  return out.final;
}

export interface AttentionRows {
  /** By layer, `[heads, count, columns]`. */
  readonly layers: readonly Float32Array[];
  /** Rows of the sequence from the first one on; those behind are seen by none of them. */
  readonly columns: number;
}

/**
 * Attention of consecutive rows `[first, first + count)`: they run again over the frozen clean run, and those that they
 * see beside what is before them with them.
 */
export async function attentionOf(
  parts: Parts,
  { cache, sight, positions }: CleanRun,
  first: number,
  count: number,
): Promise<AttentionRows> {
  const { spec } = parts.decoder;
  const [past, end] = [sight.start(first), sight.end(first + count - 1)];
  const rows = end - past;
  const all = Array.from({ length: rows }, (_, i) => i);
  const out = await parts.decoder.run({
    past,
    rows,
    positions,
    added: cache.additions(past, end),
    single: true,
    layers: layerMasks(spec, sight, past, rows).map((allow, l): LayerCall => ({
      allow,
      ...(l === 0 ? { enter: cache.residualRows(0, past, end) } : {}),
    })),
    pastKeys: cache.keys,
    pastValues: cache.values,
    select: all,
    selectRows: rows,
    watch: all.slice(first - past, first - past + count),
  });
  return { layers: out.attention, columns: end };
}
