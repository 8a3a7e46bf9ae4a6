/** Activations as nodes. */
import type { Activation } from '../spec';
import type { GraphBuilder, Value } from './builder';
import { float } from './onnx';

export function activate(b: GraphBuilder, x: Value, kind: Activation): Value {
  switch (kind) {
    case 'quick_gelu':
      return b.contrib('QuickGelu', [x], { alpha: float(1.702) });
    case 'gelu':
      return b.node('Gelu', [x], { approximate: 'none' });
    case 'gelu_tanh':
      return b.node('Gelu', [x], { approximate: 'tanh' });
    case 'silu':
      // x * sigmoid(x) is QuickGelu with alpha 1: one pass over the widest tensor instead of two.
      return b.contrib('QuickGelu', [x], { alpha: float(1) });
    case 'relu':
      return b.node('Relu', [x]);
  }
}

/** `cap * tanh(x / cap)` (Gemma 2). */
export function capped(b: GraphBuilder, x: Value, cap: number): Value {
  return b.node('Mul', [b.node('Tanh', [b.node('Div', [x, b.scalar(cap)])]), b.scalar(cap)]);
}
