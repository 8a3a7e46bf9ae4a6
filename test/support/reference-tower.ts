/**
 * A vision tower written out plainly, in doubles and patch by patch on the picture's own grid: it knows nothing of block
 * order, gathered windows, frames as one kernel. What graph/vit is checked against.
 */
import { readTensor } from '../../src/core/checkpoint/read';
import { isQuantized, type LinearRef, type Merge, type NormKind, type NormRef, type Step, type TensorRef, type TowerSpec } from '../../src/core/spec'; // prettier-ignore

type Vector = readonly number[];

/** By tensor. */
type Values = (ref: TensorRef) => Float32Array;

/** All tensors under `value`, read. */
export async function readAll(value: unknown): Promise<Values> {
  const found = new Map<TensorRef, Float32Array>();
  const walk = async (x: unknown): Promise<void> => {
    if (typeof x !== 'object' || x === null) return;
    if ('file' in x) found.set(x as TensorRef, await readTensor(x as TensorRef));
    else for (const part of Object.values(x)) await walk(part);
  };
  await walk(value);
  return (ref) => found.get(ref)!;
}

export class ReferenceTower {
  constructor(
    private readonly tower: TowerSpec,
    private readonly values: Values,
  ) {}

  /** One view, `pixels[channel][row][column]`: the tokens, and those of each tap. */
  run(pixels: readonly (readonly Vector[])[]): { features: number[][]; taps: number[][][] } {
    const { tower } = this;
    const side = tower.patchSize;
    const grid = { rows: Math.floor(pixels[0].length / side), columns: Math.floor(pixels[0][0].length / side) };
    const at = Array.from({ length: grid.rows * grid.columns }, (_, i) => ({
      row: Math.floor(i / grid.columns),
      column: i % grid.columns,
    }));
    let x = at.map(({ row, column }) => this.patch(pixels, row, column));
    if (tower.classRow) x.unshift([...this.values(tower.classRow)]);
    x = x.map((v, i) => add(v, this.place(i, at, grid)));
    if (tower.before) x = x.map((v) => this.norm(v, tower.before!, tower.norm));
    const taps: number[][][] = [];
    tower.blocks.forEach((w, index) => {
      x = this.block(x, w, index, at);
      for (const tap of tower.taps) if (tap.after === index) taps.push(this.project(x, tap, grid));
    });
    if (tower.after) x = x.map((v) => this.norm(v, tower.after!, tower.norm));
    return { features: this.project(x, tower, grid), taps };
  }

  private patch(pixels: readonly (readonly Vector[])[], row: number, column: number): number[] {
    const { patch, patchSize: p, hidden } = this.tower;
    const weight = this.values(patch.weight);
    const frames = patch.kind === 'frames' ? patch.frames : 1;
    return Array.from({ length: hidden }, (_, d) => {
      let sum = patch.bias ? this.values(patch.bias)[d] : 0;
      let k = d * 3 * frames * p * p;
      for (let c = 0; c < 3; c++) {
        // a still picture is every frame
        for (let f = 0; f < frames; f++) {
          for (let y = 0; y < p; y++)
            for (let z = 0; z < p; z++) sum += weight[k++] * pixels[c][row * p + y][column * p + z];
        }
      }
      return sum;
    });
  }

  /** What is known of the place of row i. */
  private place(
    i: number,
    at: readonly { row: number; column: number }[],
    grid: { rows: number; columns: number },
  ): Vector {
    const { positions, hidden, classRow } = this.tower;
    if (positions.kind === 'none') return new Array<number>(hidden).fill(0);
    const table = this.values(positions.table);
    const cell = (n: number): number[] => [...table.subarray(n * hidden, (n + 1) * hidden)];
    if (positions.kind === 'table') return cell(i);
    const { row, column } = at[classRow ? i - 1 : i];
    const { side } = positions;
    if (positions.kind === 'bucketed') {
      const bucket = (k: number, n: number): number => Math.floor((k / n) * side + 1e-9);
      return cell(bucket(row, grid.rows) * side + bucket(column, grid.columns));
    }
    // corners of the table lie on the corners of the picture
    const [y, z] = [
      (row * (side - 1)) / Math.max(1, grid.rows - 1),
      (column * (side - 1)) / Math.max(1, grid.columns - 1),
    ];
    return [0, 1].reduce(
      (sum, below) =>
        [0, 1].reduce((inner, beside) => {
          const [r, c] = [Math.floor(y) + below, Math.floor(z) + beside];
          const weight = (1 - Math.abs(y - r)) * (1 - Math.abs(z - c));
          return weight > 0 ? add(inner, cell(r * side + c), weight) : inner;
        }, sum),
      new Array<number>(hidden).fill(0),
    );
  }

  private block(
    x: number[][],
    w: TowerSpec['blocks'][number],
    index: number,
    at: readonly { row: number; column: number }[],
  ): number[][] {
    const { heads, hidden, norm, window, patchSize, rope2d, classRow } = this.tower;
    const d = hidden / heads;
    const normed = x.map((v) => this.norm(v, w.norm1, norm));
    const first = classRow ? 1 : 0;
    const square = window && !window.full.includes(index) ? window.pixels / patchSize : Infinity;
    const sees = (i: number, j: number): boolean =>
      square === Infinity ||
      (['row', 'column'] as const).every((k) => Math.floor(at[i][k] / square) === Math.floor(at[j][k] / square));
    const make = (ref: LinearRef, headNorm?: NormRef): number[][][] =>
      normed.map((v, i) => {
        const y = this.linear(v, ref);
        const width = headNorm?.weight.shape[0] ?? hidden;
        const parts = Array.from({ length: hidden / width }, (_, k) => y.slice(k * width, (k + 1) * width));
        const whole = headNorm ? parts.flatMap((part) => this.norm(part, headNorm, norm)) : y;
        const byHead = Array.from({ length: heads }, (_, h) => whole.slice(h * d, (h + 1) * d));
        if (!rope2d || ref === w.value) return byHead;
        return byHead.map((head) => rotate(head, at[i - first], rope2d.theta));
      });
    const [query, key, value] = [make(w.query, w.queryNorm), make(w.key, w.keyNorm), make(w.value)];
    return x.map((v, i) => {
      const mixed = Array.from({ length: heads }, (_, h) => {
        const scores = key.map((k, j) => (sees(i, j) ? dot(query[i][h], k[h]) / Math.sqrt(d) : -Infinity));
        const most = Math.max(...scores);
        const powers = scores.map((s) => Math.exp(s - most));
        const total = powers.reduce((a, b) => a + b, 0);
        return powers.reduce((sum, p, j) => add(sum, value[j][h], p / total), new Array<number>(d).fill(0));
      }).flat();
      const middle = add(v, this.scaled(this.linear(mixed, w.output), w.scale1));
      return add(middle, this.scaled(this.mlp(this.norm(middle, w.norm2, norm), w.mlp), w.scale2));
    });
  }

  private mlp(x: number[], w: TowerSpec['blocks'][number]['mlp']): number[] {
    if (w.kind === 'plain') return this.linear(this.linear(x, w.first).map(ACTIVATIONS[w.activation]), w.second);
    const up = this.linear(x, w.up);
    return this.linear(this.linear(x, w.gate).map((g, i) => ACTIVATIONS[w.activation](g) * up[i]), w.down); // prettier-ignore
  }

  private scaled(x: number[], scale: TensorRef | undefined): number[] {
    return scale ? x.map((v, i) => v * this.values(scale)[i]) : x;
  }

  private project(
    x: readonly number[][],
    { merge, project }: { readonly merge: Merge; readonly project: readonly Step[] },
    grid: { rows: number; columns: number },
  ): number[][] {
    const first = project.filter((s) => 'norm' in s && s.beforeMerge);
    const then = project.filter((s) => !first.includes(s));
    return this.merged(x.map((v) => this.steps(v, first)), merge, grid).map((v) => this.steps(v, then)); // prettier-ignore
  }

  private merged(x: number[][], merge: Merge, { rows, columns }: { rows: number; columns: number }): number[][] {
    const drops = this.tower.classRow && (merge.kind !== 'none' || merge.dropClass);
    const patches = drops ? x.slice(1) : x;
    if (merge.kind === 'none') return patches;
    const { factor } = merge;
    const out: number[][] = [];
    for (let r = 0; r < rows; r += factor) {
      for (let c = 0; c < columns; c += factor) {
        const inside = Array.from({ length: factor ** 2 }, (_, i) => {
          return patches[(r + Math.floor(i / factor)) * columns + c + (i % factor)];
        });
        out.push(
          merge.kind === 'join' ? inside.flat() : inside.reduce((a, b) => add(a, b)).map((v) => v / factor ** 2),
        );
      }
    }
    return out;
  }

  private steps(x: number[], steps: readonly Step[]): number[] {
    return steps.reduce((v, step) => {
      if ('norm' in step) return this.norm(v, step.norm, step.as);
      const y = this.linear(v, step.linear);
      return step.activation ? y.map(ACTIVATIONS[step.activation]) : y;
    }, x);
  }

  private norm(x: Vector, { weight, bias }: NormRef, { kind, epsilon, offset = 0 }: NormKind): number[] {
    const mean = kind === 'layer' ? x.reduce((a, b) => a + b, 0) / x.length : 0;
    const size = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length + epsilon);
    return x.map((v, i) => ((v - mean) / size) * (this.values(weight)[i] + offset) + (bias ? this.values(bias)[i] : 0));
  }

  private linear(x: Vector, { weight, bias, transposed }: LinearRef): number[] {
    if (isQuantized(weight)) throw new Error('the reference knows no quantised weights');
    const [w, b] = [this.values(weight), bias && this.values(bias)];
    const [rows, columns] = weight.shape;
    const out = transposed ? columns : rows;
    return Array.from({ length: out }, (_, o) =>
      x.reduce((sum, v, i) => sum + v * (transposed ? w[i * columns + o] : w[o * columns + i]), b ? b[o] : 0),
    );
  }
}

const add = (a: Vector, b: Vector, scale = 1): number[] => a.map((v, i) => v + scale * b[i]);
const dot = (a: Vector, b: Vector): number => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** The first half of a head's pairs turns by the row, the other by the column. */
function rotate(x: Vector, { row, column }: { row: number; column: number }, theta: number): number[] {
  const half = x.length / 2;
  return x.map((v, i) => {
    const k = i % half;
    const [position, pair] = k < half / 2 ? [row, k] : [column, k - half / 2];
    const angle = position / theta ** ((2 * pair) / half);
    return v * Math.cos(angle) + (i < half ? -x[i + half] : x[i - half]) * Math.sin(angle);
  });
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
/** Abramowitz and Stegun 7.1.26 would be too coarse: the series of erf, whose arguments are small here. */
function erf(x: number): number {
  let [sum, term] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return Math.max(-1, Math.min(1, (2 / Math.sqrt(Math.PI)) * sum));
}
const ACTIVATIONS = {
  quick_gelu: (x: number): number => x * sigmoid(1.702 * x),
  gelu: (x: number): number => (Math.abs(x) > 6 ? Math.max(0, x) : 0.5 * x * (1 + erf(x / Math.SQRT2))),
  gelu_tanh: (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: (x: number): number => x * sigmoid(x),
  relu: (x: number): number => Math.max(0, x),
} as const;
