/** Rotary position angles. Sources: transformers modeling_llama.py and modeling_rope_utils.py (llama3, linear). */
import type { DecoderSpec } from '../checkpoint/spec';

export interface Angles {
  /** `[n, d/2]` */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** Radians per position for each pair of a head's dimensions, `[d/2]`. */
export function frequencies(spec: Pick<DecoderSpec, 'headDim' | 'ropeTheta' | 'ropeScaling'>): Float32Array {
  const { headDim, ropeTheta, ropeScaling: scaling } = spec;
  const out = Float32Array.from({ length: headDim / 2 }, (_, i) => 1 / ropeTheta ** ((2 * i) / headDim));
  if (!scaling) return out;
  if (scaling.type === 'linear') return out.map((f) => f / scaling.factor);
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = scaling;
  return out.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < originalMaxPositions / highFreqFactor) return f;
    if (wavelength > originalMaxPositions / lowFreqFactor) return f / factor;
    const smooth = (originalMaxPositions / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return ((1 - smooth) * f) / factor + smooth * f;
  });
}

/** Angles of positions `first` up to `first + count`. */
export function angles(perPosition: Float32Array, first: number, count: number): Angles {
  const half = perPosition.length;
  const cos = new Float32Array(count * half);
  const sin = new Float32Array(count * half);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < half; k++) {
      const angle = Math.fround((first + i) * perPosition[k]);
      cos[i * half + k] = Math.cos(angle);
      sin[i * half + k] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
