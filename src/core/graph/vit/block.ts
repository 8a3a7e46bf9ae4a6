/** A pre-norm block of a tower. */
import type { BlockRef, TensorRef, TowerSpec } from '../../spec';
import { activate } from '../activation';
import type { GraphBuilder, Value } from '../builder';
import { attend, type Shared } from './attention';
import type { Rows } from './embed';

/** `x [v * rows, width]`, in and out. */
export function block(
  b: GraphBuilder,
  tower: TowerSpec,
  w: BlockRef,
  x: Value,
  rows: Rows,
  shared: Shared,
  index: number,
): Value {
  const mixed = attend(b, tower, w, b.norm(x, w.norm1, tower.norm), rows, shared, index);
  const middle = b.node('Add', [x, scaled(b, b.linear(mixed, w.output), w.scale1)]);
  const normed = b.norm(middle, w.norm2, tower.norm);
  return b.node('Add', [middle, scaled(b, mlp(b, w.mlp, normed), w.scale2)]);
}

const scaled = (b: GraphBuilder, x: Value, scale: TensorRef | undefined): Value =>
  scale ? b.node('Mul', [x, b.weight(scale)]) : x;

function mlp(b: GraphBuilder, w: BlockRef['mlp'], x: Value): Value {
  if (w.kind === 'plain') return b.linear(activate(b, b.linear(x, w.first), w.activation), w.second);
  const gate = activate(b, b.linear(x, w.gate), w.activation);
  return b.linear(b.node('Mul', [gate, b.linear(x, w.up)]), w.down);
}
