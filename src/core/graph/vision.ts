/**
 * CLIP tower and projector: `pixels [t, 3, S, S]` -> `features [t * n, H]`, n patches a tile (one more with the class
 * token). Source: transformers modeling_clip.py and modeling_llava.py.
 */
import type { Activation, ModelSpec, VisionLayerRef, VisionSpec } from '../checkpoint/spec';
import { GraphBuilder, type Value } from './builder';
import { float } from './onnx';

export function visionGraph(model: ModelSpec, folder: string): Uint8Array {
  const { vision, projector } = model;
  const b = new GraphBuilder('vision', folder);
  const size = vision.imageSize;
  const grid = Math.floor(size / vision.patchSize);
  const width = vision.hidden;
  const tokens = grid * grid + 1;
  const pixels = b.input('pixels', 'f32', ['t', 3, size, size]);

  const patches = b.node('Conv', [pixels, b.weight(vision.weights.patchEmbedding)], {
    strides: [vision.patchSize, vision.patchSize],
    kernel_shape: [vision.patchSize, vision.patchSize],
  });
  const patchRows = b.transpose(b.reshape(patches, [-1, width, grid * grid]), [0, 2, 1]);
  const tiles = b.node('Gather', [b.node('Shape', [pixels]), b.ints([0])], { axis: 0 });
  const classRow = b.node('Expand', [
    b.reshape(b.weight(vision.weights.classEmbedding), [1, 1, width]),
    b.shape([tiles, 1, width]),
  ]);
  const embedded = b.node('Add', [b.concat([classRow, patchRows], 1), b.weight(vision.weights.positionEmbedding)]);

  let x = b.layerNorm(b.reshape(embedded, [-1, width]), vision.weights.preNorm, vision.layerNormEpsilon);
  for (const w of vision.weights.layers) x = layer(b, vision, w, x, tokens);
  if (vision.select === 'default') {
    const kept = b.node('Slice', [b.reshape(x, [-1, tokens, width]), b.ints([1]), b.ints([tokens]), b.ints([1])]);
    x = b.reshape(kept, [-1, width]);
  }
  const inner = activation(b, b.linear(x, projector.first), projector.activation);
  b.output(b.linear(inner, projector.second), 'features', 'f32', ['rows', model.decoder.hidden]);
  return b.finish();
}

/** One pre-norm encoder layer, `[t * tokens, width]`. */
function layer(b: GraphBuilder, v: VisionSpec, w: VisionLayerRef, x: Value, tokens: number): Value {
  const d = v.hidden / v.heads;
  const normed = b.layerNorm(x, w.norm1, v.layerNormEpsilon);
  const byHead = (y: Value): Value => b.transpose(b.reshape(y, [-1, tokens, v.heads, d]), [0, 2, 1, 3]);
  const [q, k, val] = [w.query, w.key, w.value].map((ref) => byHead(b.linear(normed, ref)));
  const p = b.node('Softmax', [b.matmul(q, k, { transB: true, alpha: 1 / Math.sqrt(d) })], { axis: -1 });
  const mixed = b.reshape(b.transpose(b.matmul(p, val), [0, 2, 1, 3]), [-1, v.hidden]);
  const middle = b.node('Add', [x, b.linear(mixed, w.output)]);
  const inner = activation(b, b.linear(b.layerNorm(middle, w.norm2, v.layerNormEpsilon), w.fc1), v.activation);
  return b.node('Add', [middle, b.linear(inner, w.fc2)]);
}

function activation(b: GraphBuilder, x: Value, kind: Activation): Value {
  switch (kind) {
    case 'quick_gelu':
      return b.contrib('QuickGelu', [x], { alpha: float(1.702) });
    case 'gelu':
      return b.node('Gelu', [x], { approximate: 'none' });
    case 'gelu_tanh':
      return b.node('Gelu', [x], { approximate: 'tanh' });
    case 'silu':
      return b.contrib('QuickGelu', [x], { alpha: float(1) });
    case 'relu':
      return b.node('Relu', [x]);
  }
}
