import type { LinearRef, ModelSpec, NormRef, TensorRef } from './spec';

const pair = (l: LinearRef | NormRef): TensorRef[] => (l.bias ? [l.weight, l.bias] : [l.weight]);

/** Every tensor a model uses, each once (a tied head counts with the embedding), in order of use. */
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
    d.head,
  ];
  return [...new Set(all)];
}
