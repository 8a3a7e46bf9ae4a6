/**
 * Who sees whom in one sequence: every row all rows before it, and within one block of rows all of each other. The only
 * place that knows; masks, cuts, and what a knockout can change follow from it.
 */
import { failed } from '../errors';
import type { SightRule } from '../spec';
import type { Mask } from './decoder';
import type { Span } from './types';

/**
 * The rows that see each other, where a rule has such: the picture's own (its first to its last, counted in the
 * sequence), or the whole prompt of `length` rows. Answers come after it and see what is before them.
 */
export function blockOf(rule: SightRule, picture: Span, length: number): Span | undefined {
  if (rule === 'causal') return undefined;
  return rule === 'picture' ? picture : [0, length];
}

export class Sight {
  /** `both`: rows that see each other. */
  constructor(readonly both?: Span) {}

  private inside(t: number): boolean {
    return this.both !== undefined && t >= this.both[0] && t < this.both[1];
  }

  /** First row whose output can change when row t's does. */
  start(t: number): number {
    return this.inside(t) ? this.both![0] : t;
  }

  /** One past the last row that row t sees. */
  end(t: number): number {
    return this.inside(t) ? this.both![1] : t + 1;
  }

  /** `window`: of the layer's kind. */
  sees(t: number, s: number, window = Infinity): boolean {
    return s < this.end(t) && t - s < window;
  }

  /** The last place at or before row `at` where a run may be cut: never inside the block, whose rows need each other. */
  cut(at: number): number {
    return this.inside(at) ? this.both![0] : at;
  }

  /** Rows `from` up to `to`, cut into runs of at most `most`; a block that is longer stays whole. */
  runs(from: number, to: number, most: number): Span[] {
    const out: Span[] = [];
    for (let at = from; at < to; at = out[out.length - 1][1]) {
      const end = this.cut(Math.min(at + most, to));
      out.push([at, end > at ? end : this.end(at)]);
    }
    return out;
  }

  /**
   * What rows `past` up to `past + rows` see of all rows up to there, `[1, 1, 1, rows, past + rows]`.
   * @throws CrossflowError `failed` where the block is cut: rows would miss others that they see
   */
  mask(past: number, rows: number, window = Infinity): Mask {
    const columns = past + rows;
    if (this.cut(past) !== past || this.cut(columns) !== columns) {
      const [start, end] = this.both!;
      throw failed(`rows ${past} to ${columns} cut the block of rows ${start} to ${end}, which see each other`);
    }
    const data = new Uint8Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      const t = past + i;
      data.fill(1, i * columns + Math.max(0, t - window + 1), i * columns + this.end(t));
    }
    return { dims: [1, 1, 1, rows, columns], data };
  }
}
