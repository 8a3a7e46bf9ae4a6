/**
 * Where each row stands, and how far queries and keys are turned there. Sources: transformers modeling_llama.py,
 * modeling_rope_utils.py (llama3, linear), modeling_qwen2_vl.py and modeling_qwen3_vl.py (three axes).
 */
import type { ImageLayout, Rope } from '../spec';

/** Time, height, width. */
export type Axis = 0 | 1 | 2;

/**
 * Text stands at one place on all axes, one further each row; a picture's tokens may spread over the axes and move the
 * text behind them by another number than their own. Rows beyond the prompt (answers) go on from its last position.
 */
export class Positions {
  /** `first`: the first row's. `run`: the picture's tokens, from the row `start` on. */
  constructor(
    private readonly first = 0,
    private readonly run?: { readonly start: number } & NonNullable<ImageLayout['positions']>,
  ) {}

  /** Whether some row stands at different places on its axes. */
  get spread(): boolean {
    return this.run !== undefined;
  }

  at(row: number, axis: Axis = 0): number {
    const { first, run } = this;
    if (run === undefined || row < run.start) return first + row;
    const behind = row - run.start - run.axes.length;
    return first + run.start + (behind < 0 ? run.axes[row - run.start][axis] : run.advance + behind);
  }
}

export interface Angles {
  /** `[n, d/2]` */
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/** One rope, made ready for heads of `headDim` numbers. */
export class Rotation {
  /** Radians per position for each pair of a head's dimensions, `[d/2]`. */
  readonly frequencies: Float32Array;
  private readonly axes: readonly Axis[];

  constructor(rope: Rope, headDim: number) {
    this.frequencies = frequencies(rope, headDim);
    this.axes = Array.from({ length: headDim / 2 }, (_, i) => axisOf(rope.sections, i));
  }

  /** Of rows `from` up to `from + count`. */
  angles(positions: Positions, from: number, count: number): Angles {
    const { frequencies, axes } = this;
    const half = frequencies.length;
    const cos = new Float32Array(count * half);
    const sin = new Float32Array(count * half);
    for (let i = 0; i < count; i++) {
      const place = positions.at(from + i);
      for (let k = 0; k < half; k++) {
        const position = positions.spread ? positions.at(from + i, axes[k]) : place;
        const angle = Math.fround(position * frequencies[k]);
        cos[i * half + k] = Math.cos(angle);
        sin[i * half + k] = Math.sin(angle);
      }
    }
    return { cos, sin };
  }
}

/** Whose position frequency i takes: sections one after another, or height and width as every third one up to 3 times their size. */
function axisOf(sections: Rope['sections'], i: number): Axis {
  if (!sections) return 0;
  const [t, h, w] = sections.sizes;
  if (!sections.interleaved) return i < t ? 0 : i < t + h ? 1 : 2;
  if (i % 3 === 1 && i < 3 * h) return 1;
  return i % 3 === 2 && i < 3 * w ? 2 : 0;
}

function frequencies({ theta, scaling }: Rope, headDim: number): Float32Array {
  const out = Float32Array.from({ length: headDim / 2 }, (_, i) => 1 / theta ** ((2 * i) / headDim));
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
