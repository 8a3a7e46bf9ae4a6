/** Attention of a tower's block: every row of a view sees every other, or those in its window. */
import type { BlockRef, NormRef, TowerSpec } from '../../spec';
import type { GraphBuilder, Value } from '../builder';
import type { Count, Rows } from './embed';

/** What a score of a place that is none becomes; a window always has a row, so no softmax is over such alone. */
const NONE = -3.4028234663852886e38;

/** Inputs that the blocks share, where the spec needs them. */
export interface Shared {
  /** `[n, headDim / 2]` */
  readonly rope?: { readonly cos: Value; readonly sin: Value; readonly offset: Value };
  /**
   * Windows of one view: the row that stands at each place `[windows, places]`, whether there is one there, and where
   * each row is among the places, `[n]`.
   */
  readonly windows?: { readonly rows: Value; readonly inside: Value; readonly back: Value };
}

export function sharedInputs(b: GraphBuilder, { rope2d, window, hidden, heads }: TowerSpec): Shared {
  const half = hidden / heads / 2;
  return {
    ...(rope2d && {
      rope: {
        cos: b.input('cos', 'f32', ['n', half]),
        sin: b.input('sin', 'f32', ['n', half]),
        offset: b.ints([0]),
      },
    }),
    ...(window && {
      windows: {
        rows: b.input('window_rows', 'int64', ['windows', 'places']),
        inside: b.input('window_inside', 'bool', ['windows', 1, 1, 'places']),
        back: b.input('window_back', 'int64', ['n']),
      },
    }),
  };
}

/** `normed [v * rows, width]` to what the block adds, before its output matrix. */
export function attend(
  b: GraphBuilder,
  tower: TowerSpec,
  w: BlockRef,
  normed: Value,
  rows: Rows,
  shared: Shared,
  index: number,
): Value {
  const { heads, hidden } = tower;
  const d = hidden / heads;
  const windows = tower.window?.full.includes(index) ? undefined : shared.windows;
  /** Over each head or over all of the width, as long as its weight is. */
  const headNorm = (x: Value, ref: NormRef | undefined): Value =>
    ref ? b.reshape(b.norm(b.reshape(x, [-1, ref.weight.shape[0]]), ref, tower.norm), [-1, hidden]) : x;
  const turned = (x: Value): Value => {
    if (!shared.rope) return x;
    const { cos, sin, offset } = shared.rope;
    const views = b.reshape(x, [-1, rows.count, hidden]);
    const out = b.contrib('RotaryEmbedding', [views, offset, cos, sin], { interleaved: 0, num_heads: heads });
    return b.reshape(out, [-1, hidden]);
  };
  const byHead = (x: Value): Value => {
    const placed = windows ? b.node('Gather', [x, b.reshape(windows.rows, [-1])], { axis: 0 }) : x;
    const together: Count = windows
      ? b.node('Gather', [b.node('Shape', [windows.rows]), b.ints([1])], { axis: 0 })
      : rows.count;
    return b.transpose(b.reshape(placed, [-1, together, heads, d]), [0, 2, 1, 3]);
  };
  const query = byHead(turned(headNorm(b.linear(normed, w.query), w.queryNorm)));
  const key = byHead(turned(headNorm(b.linear(normed, w.key), w.keyNorm)));
  const value = byHead(b.linear(normed, w.value));
  const scores = b.matmul(query, key, { transB: true, alpha: 1 / Math.sqrt(d) });
  const seen = windows ? b.node('Where', [windows.inside, scores, b.scalar(NONE)]) : scores;
  const p = b.node('Softmax', [seen], { axis: -1 });
  const mixed = b.reshape(b.transpose(b.matmul(p, value), [0, 2, 1, 3]), [-1, hidden]);
  return windows ? b.node('Gather', [mixed, windows.back], { axis: 0 }) : mixed;
}
