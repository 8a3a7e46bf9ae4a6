import type { AttentionResult } from '../core/engine/types';

/** `[layers, heads, rows, columns]` to `[layers, 1, rows, columns]`: the mean over heads. */
export function meanOverHeads(result: AttentionResult): AttentionResult {
  const { layers, heads, rows, columns, values } = result;
  const plane = rows.length * columns;
  const mean = new Float32Array(layers * plane);
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++) {
      const from = (layer * heads + head) * plane;
      const to = layer * plane;
      for (let i = 0; i < plane; i++) mean[to + i] += values[from + i] / heads;
    }
  return { rows, layers, heads: 1, columns, values: mean };
}
