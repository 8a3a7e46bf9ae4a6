/** From pixels to the rows that enter the blocks: patches, class row, positions. */
import type { Size, TowerSpec } from '../../spec';
import type { GraphBuilder, Value } from '../builder';

/** A size, or an int64 value of one element. */
export type Count = number | Value;

/** What the parts of a tower share. Rows of the views lie one after another, `[v * rows, width]`. */
export interface Rows {
  /** Of a view: patches beside and below each other, and all rows with the class row. */
  readonly across: Count;
  readonly down: Count;
  readonly count: Count;
}

/**
 * `pixels [v, 3, height, width]` to `[v * rows, hidden]`. Patches of a `frames` tower leave in the order of the blocks
 * that its merge joins: block row, block column, row in the block, column in the block.
 *
 * `view`: the size of every view where there is but one; the graph then knows its shapes.
 */
export function embed(b: GraphBuilder, tower: TowerSpec, view: Size | undefined): { x: Value; rows: Rows } {
  const { hidden: width, patchSize: side, patch, classRow } = tower;
  const pixels = b.input('pixels', 'f32', ['t', 3, view?.height ?? 'height', view?.width ?? 'width']);
  const inputs = [pixels, kernel(b, patch), ...(patch.bias ? [b.weight(patch.bias)] : [])];
  const patches = b.node('Conv', inputs, { strides: [side, side], kernel_shape: [side, side] });
  const along = (axis: 2 | 3, pixelsThere: number | undefined): Count =>
    pixelsThere === undefined
      ? b.node('Gather', [b.node('Shape', [patches]), b.ints([axis])], { axis: 0 })
      : Math.floor(pixelsThere / side);
  const down = along(2, view?.height);
  const across = along(3, view?.width);
  const all = typeof down === 'number' && typeof across === 'number' ? down * across : -1;

  let x = patch.kind === 'frames' ? inBlocks(b, tower, patches, down, across) : inRows(b, width, patches, all);
  if (classRow) {
    const views = b.node('Gather', [b.node('Shape', [pixels]), b.ints([0])], { axis: 0 });
    const row = b.node('Expand', [b.reshape(b.weight(classRow), [1, 1, width]), b.shape([views, 1, width])]);
    x = b.concat([row, x], 1);
  }
  const placed = position(b, tower, x);
  const count =
    all >= 0 ? all + (classRow ? 1 : 0) : b.node('Gather', [b.node('Shape', [x]), b.ints([1])], { axis: 0 });
  return { x: b.reshape(placed, [-1, width]), rows: { across, down, count } };
}

/** `[hidden, 3, side, side]`: of frames that are all the same picture, their kernels' sum. */
function kernel(b: GraphBuilder, patch: TowerSpec['patch']): Value {
  const weight = b.weight(patch.weight);
  if (patch.kind === 'conv') return weight;
  return b.widened(() => b.node('ReduceSum', [weight, b.ints([2])], { keepdims: 0 }));
}

/** `[v, hidden, down, across]` to `[v, patches, hidden]`. */
function inRows(b: GraphBuilder, width: number, patches: Value, all: number): Value {
  return b.transpose(b.reshape(patches, all >= 0 ? [-1, width, all] : [0, width, -1]), [0, 2, 1]);
}

function inBlocks(b: GraphBuilder, tower: TowerSpec, patches: Value, down: Count, across: Count): Value {
  const { hidden: width, merge } = tower;
  const side = merge.kind === 'none' ? 1 : merge.factor;
  const blocks = (n: Count): Count => (typeof n === 'number' ? n / side : b.node('Div', [n, b.ints([side])]));
  const grouped = b.reshape(patches, [-1, width, blocks(down), side, blocks(across), side]);
  return b.reshape(b.transpose(grouped, [0, 2, 4, 3, 5, 1]), [0, -1, width]);
}

/**
 * Adds what is known of a patch's place. Tables that fit every view are in the graph as they are; of others each patch
 * takes one row (`position_rows [n]`) or a blend of four (`position_rows`, `position_weights [4, n, 1]`).
 */
function position(b: GraphBuilder, { positions }: TowerSpec, x: Value): Value {
  if (positions.kind === 'none') return x;
  if (positions.kind === 'table') return b.node('Add', [x, b.weight(positions.table)]);
  const table = b.weight(positions.table);
  if (positions.kind === 'bucketed') {
    return b.node('Add', [x, b.node('Gather', [table, b.input('position_rows', 'int64', ['n'])], { axis: 0 })]);
  }
  const corners = b.node('Gather', [table, b.input('position_rows', 'int64', [4, 'n'])], { axis: 0 });
  const weighed = b.node('Mul', [corners, b.input('position_weights', 'f32', [4, 'n', 1])]);
  return b.node('Add', [x, b.node('ReduceSum', [weighed, b.ints([0])], { keepdims: 0 })]);
}
