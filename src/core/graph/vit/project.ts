/** From a tower's rows to tokens of the picture in the decoder's width: merge and steps. */
import type { Merge, Step, TowerSpec } from '../../spec';
import { activate } from '../activation';
import type { GraphBuilder, Value } from '../builder';
import type { Count, Rows } from './embed';

/** `x [v * rows, width]` to `[v * tokens, H]`. */
export function project(
  b: GraphBuilder,
  tower: TowerSpec,
  x: Value,
  rows: Rows,
  { merge, project: steps }: { readonly merge: Merge; readonly project: readonly Step[] },
): Value {
  const before = steps.filter((s) => 'norm' in s && s.beforeMerge);
  const after = steps.filter((s) => !before.includes(s));
  const merged = join(b, tower, merge, run(b, before, x), rows);
  return run(b, after, merged);
}

function run(b: GraphBuilder, steps: readonly Step[], x: Value): Value {
  return steps.reduce((value, step) => {
    if ('norm' in step) return b.norm(value, step.norm, step.as);
    const product = b.linear(value, step.linear);
    return step.activation ? activate(b, product, step.activation) : product;
  }, x);
}

function join(b: GraphBuilder, tower: TowerSpec, merge: Merge, x: Value, rows: Rows): Value {
  const { hidden: width, patch, classRow } = tower;
  const drops = classRow !== undefined && (merge.kind !== 'none' || merge.dropClass);
  const patches = drops ? withoutClass(b, x, rows, width) : x;
  if (merge.kind === 'none') return patches;
  const { factor } = merge;
  if (merge.kind === 'join' && patch.kind === 'frames') return b.reshape(patches, [-1, factor ** 2 * width]);
  const part = (n: Count): Count => (typeof n === 'number' ? n / factor : b.node('Div', [n, b.ints([factor])]));
  const blocks = b.reshape(patches, [-1, part(rows.down), factor, part(rows.across), factor, width]);
  if (merge.kind === 'average') {
    return b.reshape(b.node('ReduceMean', [blocks, b.ints([2, 4])], { keepdims: 0 }), [-1, width]);
  }
  return b.reshape(b.transpose(blocks, [0, 1, 3, 2, 4, 5]), [-1, factor ** 2 * width]);
}

function withoutClass(b: GraphBuilder, x: Value, { count }: Rows, width: number): Value {
  const views = b.reshape(x, [-1, count, width]);
  const span = [b.ints([1]), typeof count === 'number' ? b.ints([count]) : count];
  return b.reshape(b.node('Slice', [views, ...span, b.ints([1])]), [-1, width]);
}
