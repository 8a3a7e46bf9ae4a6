/** The gated MLP of a decoder layer. */
import type { DecoderSpec } from '../spec';
import { activate } from './activation';
import type { GraphBuilder, Value } from './builder';

export interface Mlp {
  /** What gate and up are multiplied with, `[n, H]`. */
  readonly normed: Value;
  /** What down is multiplied with, `[n, intermediate]`. */
  readonly inner: Value;
  /** What the sublayer adds, `[n, H]`. */
  readonly output: Value;
}

/** `x [n, H]` */
export function mlp(b: GraphBuilder, spec: DecoderSpec, l: number, x: Value): Mlp {
  const w = spec.weights.layers[l];
  const rms = { kind: 'rms', ...spec.norm } as const;
  const normed = b.norm(x, w.mlpNorm, rms);
  const gate = activate(b, b.linear(normed, w.gate), spec.activation);
  const inner = b.node('Mul', [gate, b.linear(normed, w.up)]);
  const added = b.linear(inner, w.down);
  return { normed, inner, output: w.mlpOut ? b.norm(added, w.mlpOut, rms) : added };
}
