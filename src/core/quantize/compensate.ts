/**
 * Error compensation: what rounding one column takes away, the columns after it give back, as far as what they are
 * multiplied with goes along with it. Within groups of 128 columns, so that it stays cheap for any width.
 * Source: GPTQ, https://arxiv.org/abs/2210.17323, and https://github.com/IST-DASLab/gptq (gptq.py, `fasterquant`).
 */

export const GROUP = 128;

/** Added to the diagonal, as a part of its mean: keeps rarely used columns from being bent at will. */
const DAMPING = 0.01;

export interface Compensation {
  readonly width: number;
  /** Upper Cholesky factors of the inverse of each group's sums of products, `[groups, 128, 128]`. */
  readonly factors: Float64Array;
  /** Sum of squares of each column's input, `[width]`. */
  readonly importance: Float32Array;
  /** As they were given. */
  readonly grams: Float32Array;
}

/**
 * @param grams `[ceil(width / 128), 128, 128]`: sums over rows of products of two columns' inputs
 * @param width columns of the weight
 */
export function compensation(grams: Float32Array, width: number): Compensation {
  const groups = Math.ceil(width / GROUP);
  const factors = new Float64Array(groups * GROUP * GROUP);
  const importance = new Float32Array(width);
  for (let g = 0; g < groups; g++) {
    const size = Math.min(GROUP, width - g * GROUP);
    const h = new Float64Array(size * size);
    let mean = 0;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) h[i * size + j] = grams[(g * GROUP + i) * GROUP + j];
      mean += h[i * size + i] / size;
    }
    for (let i = 0; i < size; i++) {
      importance[g * GROUP + i] = h[i * size + i];
      h[i * size + i] += DAMPING * mean || 1;
    }
    const upper = upperFactorOfInverse(h, size);
    for (let i = 0; i < size; i++) {
      for (let j = i; j < size; j++) factors[(g * GROUP + i) * GROUP + j] = upper[i * size + j];
    }
  }
  return { width, factors, importance, grams };
}

/**
 * U with `U^T U = inverse(h)`, upper triangular. With h = R R^T for an upper R (a Cholesky factorisation from the last
 * row up), the inverse is (R^-1)^T R^-1, so U is R^-1.
 */
function upperFactorOfInverse(h: Float64Array, n: number): Float64Array {
  const r = new Float64Array(n * n);
  for (let j = n - 1; j >= 0; j--) {
    let diagonal = h[j * n + j];
    for (let k = j + 1; k < n; k++) diagonal -= r[j * n + k] ** 2;
    r[j * n + j] = Math.sqrt(Math.max(diagonal, 1e-30));
    for (let i = 0; i < j; i++) {
      let sum = h[i * n + j];
      for (let k = j + 1; k < n; k++) sum -= r[i * n + k] * r[j * n + k];
      r[i * n + j] = sum / r[j * n + j];
    }
  }
  const u = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    u[j * n + j] = 1 / r[j * n + j];
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0;
      for (let k = i + 1; k <= j; k++) sum += r[i * n + k] * u[k * n + j];
      u[i * n + j] = -sum / r[i * n + i];
    }
  }
  return u;
}

/**
 * After column `i` of `row` was rounded, moves the columns after it in the same group.
 * @param work the row as it stands, `[width]`
 * @param off what was taken away: the column's number less the rounded one
 */
export function giveBack(work: Float64Array, i: number, off: number, { factors, width }: Compensation): void {
  const begin = Math.floor(i / GROUP) * GROUP;
  const end = Math.min(begin + GROUP, width);
  const line = i * GROUP - begin;
  const rate = off / factors[line + i];
  for (let j = i + 1; j < end; j++) work[j] -= rate * factors[line + j];
}

/** Square of what a row gives for the calibration's inputs, summed over them: `row gram row^T`, group by group. */
export function outputSquare(row: Float64Array | Float32Array, start: number, { grams, width }: Compensation): number {
  let sum = 0;
  for (let begin = 0; begin < width; begin += GROUP) {
    const size = Math.min(GROUP, width - begin);
    for (let i = 0; i < size; i++) {
      const a = row[start + begin + i];
      if (a === 0) continue;
      const line = (begin + i) * GROUP;
      // the matrix is symmetric: half of it twice
      let inner = (a * grams[line + i]) / 2;
      for (let j = i + 1; j < size; j++) inner += row[start + begin + j] * grams[line + j];
      sum += 2 * a * inner;
    }
  }
  return sum;
}
