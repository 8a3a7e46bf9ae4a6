/** The clean run kept: keys, values and residuals of every row in every layer. */
import type { DecoderSpec } from '../checkpoint/spec';
import type { DecoderOutput } from './decoder';

/** Spare rows: another question on the same image, or the answer's own tokens, fit without copying the prefix. */
const SPARE_ROWS = 128;
/** Tokens of a greedy answer at most; the published answers are a word or two. */
export const MAX_ANSWER_TOKENS = 16;

/** Keys, values and the residual of one position in every layer. */
export function bytesPerToken(spec: Pick<DecoderSpec, 'layers' | 'kvHeads' | 'headDim' | 'hidden'>): number {
  return 4 * spec.layers * (2 * spec.kvHeads * spec.headDim + spec.hidden);
}

/** Of a cache for a sequence of so many tokens. */
export const cacheBytes = (spec: DecoderSpec, tokens: number): number => (tokens + SPARE_ROWS) * bytesPerToken(spec);

export class Cache {
  /** By layer, `[capacity, kv * d]`, keys after rotation. */
  readonly keys: Float32Array[];
  readonly values: Float32Array[];
  /** By layer, `[capacity, H]`: what enters the layer. */
  readonly residuals: Float32Array[];
  readonly capacity: number;
  /** Rows that hold something. */
  length = 0;

  constructor(
    private readonly spec: DecoderSpec,
    rows: number,
  ) {
    this.capacity = rows + SPARE_ROWS;
    const make = (width: number): Float32Array[] =>
      Array.from({ length: spec.layers }, () => new Float32Array(this.capacity * width));
    this.keys = make(this.kv);
    this.values = make(this.kv);
    this.residuals = make(spec.hidden);
  }

  private get kv(): number {
    return this.spec.kvHeads * this.spec.headDim;
  }

  get bytes(): number {
    return this.capacity * bytesPerToken(this.spec);
  }

  /** Whether a sequence of so many rows fits, and its answer after it. */
  fits(rows: number): boolean {
    return rows + MAX_ANSWER_TOKENS <= this.capacity;
  }

  /**
   * Writes what a run with `keepAll` gave for layers from `first` on after the rows that are there. They count once every
   * layer has them, and `length` says so.
   */
  write(out: DecoderOutput, first: number): void {
    out.keys.forEach((keys, i) => {
      const l = first + i;
      this.keys[l].set(keys, this.length * this.kv);
      this.values[l].set(out.values[i], this.length * this.kv);
      this.residuals[l].set(out.residuals[i], this.length * this.spec.hidden);
    });
  }

  /** A cache of its own that begins with the first `rows` rows of this one. */
  fork(rows: number, capacity: number): Cache {
    const copy = new Cache(this.spec, capacity);
    for (let l = 0; l < this.spec.layers; l++) {
      copy.keys[l].set(this.keys[l].subarray(0, rows * this.kv));
      copy.values[l].set(this.values[l].subarray(0, rows * this.kv));
      copy.residuals[l].set(this.residuals[l].subarray(0, rows * this.spec.hidden));
    }
    copy.length = rows;
    return copy;
  }

  /** Rows `[first, end)` of what enters layer l, `[end - first, H]`. */
  residualRows(l: number, first: number, end: number): Float32Array {
    return this.residuals[l].subarray(first * this.spec.hidden, end * this.spec.hidden);
  }
}
