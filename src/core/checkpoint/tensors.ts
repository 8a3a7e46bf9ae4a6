import { isQuantized, type LinearRef, type MatrixRef, type ModelSpec, type NormRef, type TensorRef } from './spec';

const matrix = (m: MatrixRef): TensorRef => (isQuantized(m) ? m.scales : m);
const pair = (l: LinearRef | NormRef): TensorRef[] => (l.bias ? [matrix(l.weight), l.bias] : [matrix(l.weight)]);

/**
 * Every tensor of floating-point numbers that a model uses, each once (a tied head counts with the embedding), in order
 * of use. Of a quantised weight these are its scales.
 */
export function tensorsOf(spec: ModelSpec): TensorRef[] {
  const { decoder, vision, projector } = spec;
  const v = vision.weights;
  const d = decoder.weights;
  const all = [
    v.classEmbedding,
    v.patchEmbedding,
    v.positionEmbedding,
    ...pair(v.preNorm),
    ...v.layers.flatMap((l) => [l.norm1, l.query, l.key, l.value, l.output, l.norm2, l.fc1, l.fc2].flatMap(pair)),
    ...pair(projector.first),
    ...pair(projector.second),
    ...(spec.imageNewline ? [spec.imageNewline] : []),
    d.embedding,
    ...d.layers.flatMap((l) =>
      [l.inputNorm, l.query, l.key, l.value, l.output, l.postNorm, l.gate, l.up, l.down].flatMap(pair),
    ),
    ...pair(d.norm),
    matrix(d.head),
  ];
  return [...new Set(all)];
}

/** The weight matrices of the decoder and its head, in order of use: what can be quantised. */
export function decoderMatrices(spec: Pick<ModelSpec, 'decoder'>): MatrixRef[] {
  const { layers, head } = spec.decoder.weights;
  return [
    ...layers.flatMap((l) => [l.query, l.key, l.value, l.output, l.gate, l.up, l.down].map((linear) => linear.weight)),
    head,
  ];
}
