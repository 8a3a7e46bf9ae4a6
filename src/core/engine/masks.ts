/** Attention masks of groups of rows over a past. */
import type { DecoderSpec } from '../spec';
import type { Mask, OpenHeads } from './decoder';
import type { Effect } from './effects';
import type { Sight } from './sight';

/** What rows `past` up to `past + rows` see in each layer when nothing is blocked; layers of a kind share a mask. */
export function layerMasks({ kinds }: Pick<DecoderSpec, 'kinds'>, sight: Sight, past: number, rows: number): Mask[] {
  const byWindow = new Map<number | undefined, Mask>();
  return kinds.map(({ window }) => {
    let mask = byWindow.get(window);
    if (!mask) byWindow.set(window, (mask = sight.mask(past, rows, window)));
    return mask;
  });
}

/** What a group of rows may see. */
export interface Blocked {
  /** `[rows, columns]`: the layer's mask with an edge blocked. */
  readonly data: Uint8Array;
  /** Only these heads are blocked; all when left out. */
  readonly heads?: readonly number[];
}

/** A layer's mask for one group with an effect's edge blocked. */
export function blockedRows(effect: Effect, { dims, data: plain }: Mask, past: number): Blocked {
  const columns = dims[4];
  const data = plain.slice();
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
 * One mask for many groups: `parts[i]` is group i's, or undefined where it sees what `whole` shows. Heads that are not blocked are named
 * beside it: a mask of each head would be as large as the scores.
 * `only` keeps the last row of each group alone (the last layer).
 */
export function groupMask(
  parts: readonly (Blocked | undefined)[],
  whole: Mask,
  spec: Pick<DecoderSpec, 'heads' | 'kvHeads'>,
  only: 'all' | 'last',
): GroupMask {
  const [, , , rows, columns] = whole.dims;
  const q = only === 'last' ? 1 : rows;
  const from = (rows - q) * columns;
  const plain: Mask = { dims: [1, 1, 1, q, columns], data: whole.data.subarray(from) };
  if (parts.every((p) => p === undefined)) return { allow: plain };
  const data = new Uint8Array(parts.length * q * columns);
  parts.forEach((part, i) => data.set((part ?? whole).data.subarray(from), i * q * columns));
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
