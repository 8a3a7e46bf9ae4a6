/**
 * Bytes that a model's weights take once loaded, and how they are held. Pure; the numbers per parameter were measured
 * with ONNX Runtime 1.30 on its processor provider (docs/large-models.md).
 */
import { type DecoderLayerRef, isQuantized, type MatrixRef, type ModelSpec } from '../checkpoint/spec';
import { COPIED_WEIGHTS_BYTES } from './limits';
import type { HeldWeights } from './plan-types';

/** Large checkpoints stay in their mapped files. */
export const isMapped = (spec: Pick<ModelSpec, 'files'>): boolean =>
  spec.files.reduce((sum, file) => sum + file.bytes, 0) > COPIED_WEIGHTS_BYTES;

/** Bytes of a matrix in its file, as f32, and what its use widens. */
interface Size {
  readonly stored: number;
  readonly wide: number;
  /** Held in f32 for as long as a run of its graph needs it; 0 when it is used as it is. */
  readonly widened: number;
}

function sizeOf(ref: MatrixRef): Size {
  const wide = 4 * ref.shape.reduce((a, b) => a * b, 1);
  if (!isQuantized(ref)) return { stored: ref.length, wide, widened: ref.dtype === 'f32' ? 0 : wide };
  const stored = ref.values.length + ref.scales.length + (ref.zeroPoints?.length ?? 0);
  // 4 bits are multiplied as they are; 8 bits are cast and then scaled, each a copy.
  return { stored, wide, widened: ref.bits === 4 ? 0 : 2 * wide };
}

const layerMatrices = (w: DecoderLayerRef): MatrixRef[] =>
  [w.query, w.key, w.value, w.output, w.gate, w.up, w.down].map((linear) => linear.weight);

/** `mapped`: left out, as the engine would choose. The embedding is read row by row and never held. */
export function heldWeights(spec: ModelSpec, mapped = isMapped(spec)): HeldWeights {
  const { decoder, vision, projector } = spec;
  const layers = decoder.weights.layers.map((layer) => layerMatrices(layer).map(sizeOf));
  const tower = [
    vision.weights.patchEmbedding,
    vision.weights.positionEmbedding,
    ...vision.weights.layers.flatMap((w) => [w.query, w.key, w.value, w.output, w.fc1, w.fc2].map((l) => l.weight)),
    projector.first.weight,
    projector.second.weight,
  ].map(sizeOf);
  const head = sizeOf(decoder.weights.head);
  const all = [...layers.flat(), ...tower, head];
  const sum = (sizes: readonly Size[], of: (s: Size) => number): number => sizes.reduce((n, s) => n + of(s), 0);
  if (mapped) {
    return {
      how: 'mapped',
      mapped: sum(all, (s) => s.stored),
      // Outside the layers' branches ONNX Runtime widens once, at load.
      anonymous: sum([...tower, head], (s) => (s.widened > 0 ? s.wide : 0)),
      working: Math.max(...layers.map((layer) => sum(layer, (s) => s.widened))),
    };
  }
  return {
    how: 'copied',
    mapped: 0,
    // f32 weights are laid out anew for the kernels; narrower ones are turned into f32 first, and both are kept.
    anonymous: sum(all, (s) => (s.widened > 0 ? s.stored + 2 * s.wide : s.stored === s.wide ? s.wide : 2 * s.stored)),
    working: 0,
  };
}
