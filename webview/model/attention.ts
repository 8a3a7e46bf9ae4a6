/** Reads `[layers, heads, rows, columns]` weights. */
import type { AttentionResult } from '../../src/protocol/panel';

/** Weights of one row at one layer, at one head or averaged over all: `[columns]`. */
export function attentionRow(a: AttentionResult, layer: number, head: number | 'mean', row = 0): Float32Array {
  const { heads, columns, values } = a;
  const rows = a.rows.length;
  const out = new Float32Array(columns);
  const chosen = head === 'mean' ? Array.from({ length: heads }, (_, h) => h) : [Math.min(head, heads - 1)];
  for (const h of chosen) {
    const at = ((layer * heads + h) * rows + row) * columns;
    for (let c = 0; c < columns; c++) out[c] += values[at + c];
  }
  if (chosen.length > 1) for (let c = 0; c < columns; c++) out[c] /= chosen.length;
  return out;
}

/** Largest value and sum of a slice. */
export function summary(values: Float32Array): { max: number; sum: number } {
  let max = 0;
  let sum = 0;
  for (const v of values) {
    if (v > max) max = v;
    sum += v;
  }
  return { max, sum };
}
