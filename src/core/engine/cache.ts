/** The clean run kept: keys, values and residuals of every row in every layer. */
import type { DecoderSpec } from '../spec';
import type { DecoderOutput } from './decoder';

/** Spare rows: another question on the same image, or the answer's own tokens, fit without copying the prefix. */
const SPARE_ROWS = 128;
/** Tokens of a greedy answer at most; the published answers are a word or two. */
export const MAX_ANSWER_TOKENS = 16;

type Sizes = Pick<DecoderSpec, 'layers' | 'kvHeads' | 'headDim' | 'hidden' | 'additions'>;

/** Keys, values and the residual of one position in every layer, and what is added to it. */
export function bytesPerToken({ layers, kvHeads, headDim, hidden, additions }: Sizes): number {
  return 4 * (layers * (2 * kvHeads * headDim + hidden) + additions.length * hidden);
}

/** What is added to rows of the picture after each layer of the spec's `additions`, `[n, H]` from row `start` on. */
export interface Added {
  readonly start: number;
  readonly features: readonly Float32Array[];
}

/** Of a cache for a sequence of so many tokens. */
export const cacheBytes = (spec: DecoderSpec, tokens: number): number => (tokens + SPARE_ROWS) * bytesPerToken(spec);

export class Cache {
  /** By layer, `[capacity, kv * d]`, keys after rotation. */
  readonly keys: Float32Array[];
  readonly values: Float32Array[];
  /** By layer, `[capacity, H]`: what enters the layer. */
  readonly residuals: Float32Array[];
  /** By the spec's `additions`, `[capacity, H]`: zero but for rows of the picture. */
  private readonly added: Float32Array[];
  /** One past the last row that something is added to. */
  private addedEnd = 0;
  readonly capacity: number;
  /** Rows that hold something. */
  length = 0;

  constructor(
    private readonly spec: DecoderSpec,
    rows: number,
  ) {
    this.capacity = rows + SPARE_ROWS;
    const make = (width: number, count = spec.layers): Float32Array[] =>
      Array.from({ length: count }, () => new Float32Array(this.capacity * width));
    this.keys = make(this.kv);
    this.values = make(this.kv);
    this.residuals = make(spec.hidden);
    this.added = make(spec.hidden, spec.additions.length);
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
    const additions = this.added.map((all) => all.subarray(0, rows * this.spec.hidden));
    if (this.addedEnd > 0) copy.add({ start: 0, features: additions });
    copy.addedEnd = Math.min(rows, this.addedEnd);
    copy.length = rows;
    return copy;
  }

  /** Says what is added to the picture's rows, of this sequence and all that begin alike. */
  add({ start, features }: Added): void {
    const { hidden } = this.spec;
    features.forEach((rows, i) => {
      this.added[i].set(rows, start * hidden);
      this.addedEnd = start + rows.length / hidden;
    });
  }

  /**
   * What is added to rows `[first, end)` after each layer of `additions`, `groups(l)` times over for the layer l,
   * `[groups * rows, H]`; undefined where that is nothing.
   */
  additions(first: number, end: number, groups: (layer: number) => number = () => 1): (Float32Array | undefined)[] {
    return this.added.map((all, i) => {
      if (first >= this.addedEnd) return undefined;
      const rows = all.subarray(first * this.spec.hidden, end * this.spec.hidden);
      const count = groups(this.spec.additions[i]);
      if (count === 1) return rows;
      const out = new Float32Array(count * rows.length);
      for (let g = 0; g < count; g++) out.set(rows, g * rows.length);
      return out;
    });
  }

  /** Rows `[first, end)` of what enters layer l, `[end - first, H]`. */
  residualRows(l: number, first: number, end: number): Float32Array {
    return this.residuals[l].subarray(first * this.spec.hidden, end * this.spec.hidden);
  }
}
