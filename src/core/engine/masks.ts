/** Attention masks of groups of rows over a past. */
import type { DecoderSpec } from '../checkpoint/spec';
import type { Mask, OpenHeads } from './decoder';
import type { Effect } from './effects';

/** Rows `past` up to `past + rows` see everything up to themselves; `[1, 1, 1, rows, past + rows]`. */
export function causalMask(past: number, rows: number): Mask {
  const columns = past + rows;
  const data = new Uint8Array(rows * columns);
  for (let i = 0; i < rows; i++) data.fill(1, i * columns, i * columns + past + i + 1);
  return { dims: [1, 1, 1, rows, columns], data };
}

/** What a group of rows may see. */
export interface Blocked {
  /** `[rows, columns]`: the causal mask with an edge blocked. */
  readonly data: Uint8Array;
  /** Only these heads are blocked; all when left out. */
  readonly heads?: readonly number[];
}

/** The causal mask of one group with an effect's edge blocked. */
export function blockedRows(effect: Effect, { dims, data: causal }: Mask, past: number): Blocked {
  const columns = dims[4];
  const data = causal.slice();
  for (const t of effect.targets) {
    if (t < past || t >= columns) continue;
    const row = (t - past) * columns;
    for (const s of effect.sources) if (s < columns) data[row + s] = 0;
  }
  return { data, ...(effect.heads ? { heads: effect.heads } : {}) };
}

/** What a layer's call says about who may see whom. */
export interface GroupMask {
  readonly allow: Mask;
  readonly open?: OpenHeads;
}

/**
 * One mask for many groups: `parts[i]` is group i's, or undefined for plain causal. Heads that are not blocked are named
 * beside it: a mask of each head would be as large as the scores.
 * `only` keeps the last row of each group alone (the last layer).
 */
export function groupMask(
  parts: readonly (Blocked | undefined)[],
  causal: Mask,
  spec: Pick<DecoderSpec, 'heads' | 'kvHeads'>,
  only: 'all' | 'last',
): GroupMask {
  const [, , , rows, columns] = causal.dims;
  const q = only === 'last' ? 1 : rows;
  const from = (rows - q) * columns;
  const plain: Mask = { dims: [1, 1, 1, q, columns], data: causal.data.subarray(from) };
  if (parts.every((p) => p === undefined)) return { allow: plain };
  const data = new Uint8Array(parts.length * q * columns);
  parts.forEach((part, i) => data.set((part ?? causal).data.subarray(from), i * q * columns));
  const allow: Mask = { dims: [1, 1, parts.length, q, columns], data };
  if (!parts.some((p) => p?.heads)) return { allow };
  const heads = new Uint8Array(spec.heads * parts.length);
  parts.forEach((part, i) => {
    const blocked = part?.heads && new Set(part.heads);
    if (blocked) for (let h = 0; h < spec.heads; h++) if (!blocked.has(h)) heads[h * parts.length + i] = 1;
  });
  const dims = [spec.kvHeads, spec.heads / spec.kvHeads, parts.length, 1, 1] as const;
  return { allow, open: { heads: { dims, data: heads }, causal: plain } };
}
