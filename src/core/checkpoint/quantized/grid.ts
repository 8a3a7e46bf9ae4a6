/** Chooses the scale and zero point of a block. */
import { halfTable, toHalf } from '../half';

/** Smallest and largest f16 that a scale may be: never 0 (a division), never infinite. */
const LEAST_SCALE = 0x0001;
const LARGEST_SCALE = 0x7bff;
const scaleBits = (scale: number): number => Math.min(LARGEST_SCALE, Math.max(LEAST_SCALE, toHalf(scale)));

/** Parts of a block's range that are tried as the range of the 16 values: outliers may be worth less than finer steps. */
const SHRINK = [1, 0.96, 0.92, 0.88, 0.84, 0.8, 0.74, 0.68, 0.6] as const;

/** A block's scale and zero point: values are `q * scale` for whole q from `low` to `high`. */
export class Grid8 {
  /** The scale as f16 bits. */
  bits = 0;
  scale = 1;
  readonly zero = 0;
  readonly low = -127;
  readonly high = 127;
  private readonly half = halfTable();

  fit(row: Float64Array, first: number, count: number): void {
    let largest = 0;
    for (let i = first; i < first + count; i++) largest = Math.max(largest, Math.abs(row[i]));
    const bits = scaleBits(largest / 127);
    // a scale rounded down would cut the largest number off, by much where f16 has few digits left
    this.bits = this.half[bits] * 127 < largest ? Math.min(LARGEST_SCALE, bits + 1) : bits;
    this.scale = this.half[this.bits];
  }
}

export class Grid4 {
  bits = 0;
  scale = 1;
  zero = 0;
  low = 0;
  high = 15;
  private readonly half = halfTable();

  constructor(private readonly importance: Float32Array | undefined) {}

  /** Finds scale and zero point that fit the numbers best, by square error weighted with their columns' importance. */
  fit(row: Float64Array, first: number, count: number): void {
    let least = 0;
    let most = 0;
    for (let i = first; i < first + count; i++) {
      const w = row[i];
      if (w < least) least = w;
      else if (w > most) most = w;
    }
    const range = most - least;
    this.take(scaleBits(range / 15), range > 0 ? Math.round((-15 * least) / range) : 0);
    if (range === 0) return;
    const { zero, importance } = this;
    const end = first + count;
    let explained = 0;
    for (const shrink of SHRINK) {
      const perScale = 15 / (shrink * range);
      // with the values chosen, the best scale is a least-squares fit; it leaves sum(w^2) - product^2 / norm
      let product = 0;
      let norm = 0;
      for (let i = first; i < end; i++) {
        const w = row[i];
        const t = w * perScale + zero + 0.5;
        // rounding by cutting off: several times faster than Math.round, which this loop would spend its time in
        const q = (t <= 0 ? 0 : t >= 15 ? 15 : t | 0) - zero;
        const weighted = importance === undefined ? q : q * importance[i];
        product += w * weighted;
        norm += q * weighted;
      }
      if (norm > 0 && product > 0 && product * product > explained * norm) {
        explained = (product * product) / norm;
        this.take(scaleBits(product / norm), zero);
      }
    }
  }

  private take(bits: number, zero: number): void {
    this.bits = bits;
    this.scale = this.half[bits];
    this.zero = Math.max(0, Math.min(15, zero));
    this.low = -this.zero;
    this.high = 15 - this.zero;
  }
}
