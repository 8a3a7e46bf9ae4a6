/** Attention masks of groups of rows over a past. */
import type { DecoderSpec } from '../checkpoint/spec';
import type { Mask } from './decoder';
import type { Effect } from './effects';

/** Rows `past` up to `past + rows` see everything up to themselves; `[1, 1, 1, rows, past + rows]`. */
export function causalMask(past: number, rows: number): Mask {
  const columns = past + rows;
  const data = new Uint8Array(rows * columns);
  for (let i = 0; i < rows; i++) data.fill(1, i * columns, i * columns + past + i + 1);
  return { dims: [1, 1, 1, rows, columns], data };
}

/** The causal mask of one group with an effect's edge blocked; `[heads|1][rows, columns]` flat. */
export function blockedRows(effect: Effect, past: number, rows: number, heads: number): Uint8Array {
  const columns = past + rows;
  const causal = causalMask(past, rows).data;
  const blocked = causal.slice();
  for (const t of effect.targets) {
    if (t < past || t >= columns) continue;
    const row = (t - past) * columns;
    for (const s of effect.sources) if (s < columns) blocked[row + s] = 0;
  }
  if (!effect.heads) return blocked;
  const out = new Uint8Array(heads * rows * columns);
  const chosen = new Set(effect.heads);
  for (let h = 0; h < heads; h++) out.set(chosen.has(h) ? blocked : causal, h * rows * columns);
  return out;
}

/**
 * One mask for many groups: `parts[i]` is group i's blockedRows(), or undefined for plain causal.
 * `only` keeps the last row of each group alone (the last layer).
 */
export function groupMask(
  parts: readonly (Uint8Array | undefined)[],
  causal: Mask,
  spec: Pick<DecoderSpec, 'heads' | 'kvHeads'>,
  only: 'all' | 'last',
): Mask {
  const [, , , rows, columns] = causal.dims;
  const q = only === 'last' ? 1 : rows;
  const from = (rows - q) * columns;
  const size = rows * columns;
  if (parts.every((p) => p === undefined)) return { dims: [1, 1, 1, q, columns], data: causal.data.subarray(from) };
  const perHead = parts.some((p) => p !== undefined && p.length > size);
  const heads = perHead ? spec.heads : 1;
  const data = new Uint8Array(heads * parts.length * q * columns);
  for (let h = 0; h < heads; h++) {
    parts.forEach((part, i) => {
      const source = part ?? causal.data;
      const start = (source.length > size ? h * size : 0) + from;
      data.set(source.subarray(start, start + q * columns), (h * parts.length + i) * q * columns);
    });
  }
  return {
    dims: [perHead ? spec.kvHeads : 1, perHead ? spec.heads / spec.kvHeads : 1, parts.length, q, columns],
    data,
  };
}
