/**
 * Bytes that a model's weights take once loaded, and how they are held. Pure; the numbers per parameter were measured
 * with ONNX Runtime 1.30 on its processor provider (docs/plans.md).
 */
import { decoderMatrices, refsIn } from '../checkpoint/refs';
import { isMapped } from '../engine/limits';
import { WIDENED_BYTES } from '../graph/split';
import { isQuantized, type MatrixRef, type ModelSpec } from '../spec';
import type { HeldWeights } from './plan-types';

/** Bytes of a matrix. */
interface Size {
  readonly stored: number;
  /** As f32. */
  readonly wide: number;
  /** Of its f32 copies at a time, while it is multiplied; 0 when it is used as it is. */
  readonly widened: number;
  /** ONNX Runtime packs it anew at load, whatever the others. */
  readonly packs: boolean;
}

function sizeOf(ref: MatrixRef): Size {
  const wide = 4 * ref.shape.reduce((a, b) => a * b, 1);
  const part = Math.min(wide, WIDENED_BYTES);
  if (!isQuantized(ref)) return { stored: ref.length, wide, widened: ref.dtype === 'f32' ? 0 : part, packs: false };
  const stored = ref.values.length + ref.scales.length + (ref.zeroPoints?.length ?? 0);
  // 8 bits are cast and then scaled, each a copy.
  return ref.bits === 4 ? { stored, wide, widened: 0, packs: true } : { stored, wide, widened: 2 * part, packs: false };
}

/** `mapped`: left out, as the engine would choose. The embedding is read row by row and never held. */
export function heldWeights(spec: ModelSpec, mapped = isMapped(spec)): HeldWeights {
  const { decoder, eye } = spec;
  const { head } = decoder.weights;
  const layers = decoderMatrices(spec).filter((ref) => ref !== head);
  const tower = refsIn(eye.tower).filter((ref) => ref.shape.length > 1);
  const graphs = [layers, tower, [head]].map((refs) => refs.map(sizeOf));
  const all = graphs.flat();
  const sum = (of: (s: Size) => number): number => all.reduce((n, s) => n + of(s), 0);
  if (mapped) {
    // Where one weight is packed, those of 32 bits are as well.
    const packing = all.some((s) => s.packs);
    const own = (s: Size): boolean => s.packs || (packing && s.widened === 0);
    return {
      how: 'mapped',
      mapped: sum((s) => (own(s) ? 0 : s.stored)),
      anonymous: sum((s) => (own(s) ? s.stored : 0)),
      // One weight at a time is widened; each graph's allocator keeps room for its largest.
      working: graphs.reduce((n, sizes) => n + Math.max(...sizes.map((s) => s.widened)), 0),
    };
  }
  return {
    how: 'copied',
    mapped: 0,
    // f32 weights are laid out anew for the kernels; narrower ones are turned into f32 first, and both are kept.
    anonymous: sum((s) => (s.widened > 0 ? s.stored + 2 * s.wide : s.packs ? 2 * s.stored : s.wide)),
    working: 0,
  };
}
