/**
 * A decoder written out plainly, row by row and in doubles, as the papers have it: what graph and engine are checked
 * against where no published stack is at hand. It knows nothing of caches, forks, masks or cuts.
 */
import { readTensor } from '../../src/core/checkpoint/read';
import type { Positions } from '../../src/core/engine/positions';
import { isQuantized, type DecoderSpec, type LinearRef, type NormRef, type Rope } from '../../src/core/spec';

type Vector = readonly number[];

/** What one run is about. */
export interface ReferenceRun {
  /** What enters the first layer, `[n][H]`. */
  readonly rows: readonly Vector[];
  readonly positions: Positions;
  /** Whether row t sees row s in a layer. */
  sees(layer: number, t: number, s: number): boolean;
  /** The same of a head, beside `sees`; left out: every head does. */
  headSees?(layer: number, head: number, t: number, s: number): boolean;
  /** What a sublayer adds to row t counts so much: 1, or 0. */
  scale?(layer: number, kind: 'attention' | 'mlp', t: number): number;
  /** Added to row t after a layer. */
  added?(layer: number, t: number): Vector | undefined;
}

export interface ReferenceOutput {
  /** What enters each layer, and the last one's output: `[L + 1][n][H]`. */
  readonly residuals: readonly (readonly Vector[])[];
  /** `[L][heads][n][n]` */
  readonly attention: readonly (readonly (readonly Vector[])[])[];
}

type Linear = (x: Vector) => number[];
type Norm = (x: Vector) => number[];

interface Layer {
  readonly projections: Readonly<Record<'query' | 'key' | 'value' | 'output' | 'gate' | 'up' | 'down', Linear>>;
  readonly norms: Readonly<Record<'attentionNorm' | 'mlpNorm', Norm>>;
  readonly optional: Readonly<Record<'queryNorm' | 'keyNorm' | 'attentionOut' | 'mlpOut', Norm>>;
}

const same: Norm = (x) => [...x];
const plus = (a: Vector, b: Vector, scale = 1): number[] => a.map((value, i) => value + scale * b[i]);

export class ReferenceDecoder {
  private constructor(
    private readonly spec: DecoderSpec,
    private readonly layers: readonly Layer[],
    private readonly norm: Norm,
    private readonly head: Linear,
  ) {}

  static async open(spec: DecoderSpec): Promise<ReferenceDecoder> {
    const linear = async ({ weight, bias }: LinearRef): Promise<Linear> => {
      if (isQuantized(weight)) throw new Error('the reference knows no quantised weights');
      const [w, b] = [await readTensor(weight), bias && (await readTensor(bias))];
      const [out, width] = weight.shape;
      return (x) =>
        Array.from({ length: out }, (_, o) => {
          let sum = b ? b[o] : 0;
          for (let i = 0; i < width; i++) sum += w[o * width + i] * x[i];
          return sum;
        });
    };
    const norm = async (ref: NormRef | undefined): Promise<Norm> => {
      if (!ref) return same;
      const w = await readTensor(ref.weight);
      return (x) => {
        const size = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + spec.norm.epsilon);
        return x.map((v, i) => (v / size) * (w[i] + spec.norm.offset));
      };
    };
    const layers: Layer[] = [];
    for (const w of spec.weights.layers) {
      layers.push({
        projections: {
          query: await linear(w.query),
          key: await linear(w.key),
          value: await linear(w.value),
          output: await linear(w.output),
          gate: await linear(w.gate),
          up: await linear(w.up),
          down: await linear(w.down),
        },
        norms: { attentionNorm: await norm(w.attentionNorm), mlpNorm: await norm(w.mlpNorm) },
        optional: {
          queryNorm: await norm(w.queryNorm),
          keyNorm: await norm(w.keyNorm),
          attentionOut: await norm(w.attentionOut),
          mlpOut: await norm(w.mlpOut),
        },
      });
    }
    const head = await linear({ weight: spec.weights.head });
    return new ReferenceDecoder(spec, layers, await norm(spec.weights.norm), head);
  }

  run(run: ReferenceRun): ReferenceOutput {
    const residuals: Vector[][] = [[...run.rows]];
    const attention: number[][][][] = [];
    for (let l = 0; l < this.spec.layers; l++) {
      const [out, seen] = this.layer(l, residuals[l], run);
      residuals.push(out);
      attention.push(seen);
    }
    return { residuals, attention };
  }

  /** Probabilities of all tokens, from a row after the last layer. */
  probabilities(row: Vector): number[] {
    const { logitCap } = this.spec;
    return softmax(this.head(this.norm(row)).map((x) => (logitCap ? logitCap * Math.tanh(x / logitCap) : x)));
  }

  private layer(l: number, x: readonly Vector[], run: ReferenceRun): [number[][], number[][][]] {
    const { heads, kvHeads, headDim: d, activation } = this.spec;
    const { projections: p, norms, optional } = this.layers[l];
    const rope = this.spec.ropes[this.spec.kinds[l].rope];
    const normed = x.map(norms.attentionNorm);
    const split = (y: Vector, count: number): number[][] =>
      Array.from({ length: count }, (_, h) => y.slice(h * d, (h + 1) * d));
    const turned = (y: Vector, t: number, count: number, norm: Norm): number[][] =>
      split(y, count).map((head) => rotate(norm(head), rope, (axis) => run.positions.at(t, axis)));
    const query = normed.map((y, t) => turned(p.query(y), t, heads, optional.queryNorm));
    const key = normed.map((y, t) => turned(p.key(y), t, kvHeads, optional.keyNorm));
    const value = normed.map((y) => split(p.value(y), kvHeads));
    const seen = Array.from({ length: heads }, (_, h) => x.map((_, t) => this.weigh(l, h, t, query[t][h], key, run)));
    const out = x.map((row, t) => {
      const mixed = seen.flatMap((of, h) => {
        const kv = Math.floor((h * kvHeads) / heads);
        return Array.from({ length: d }, (_, i) => of[t].reduce((sum, weight, s) => sum + weight * value[s][kv][i], 0));
      });
      const middle = plus(row, optional.attentionOut(p.output(mixed)), run.scale?.(l, 'attention', t));
      const inner = norms.mlpNorm(middle);
      const up = p.up(inner);
      const gated = p.gate(inner).map((g, i) => (activation === 'silu' ? silu(g) : gelu(g)) * up[i]);
      const done = plus(middle, optional.mlpOut(p.down(gated)), run.scale?.(l, 'mlp', t));
      const added = run.added?.(l, t);
      return added ? plus(done, added) : done;
    });
    return [out, seen];
  }

  /** Attention of a head's row t over all rows. */
  private weigh(l: number, h: number, t: number, q: Vector, key: number[][][], run: ReferenceRun): number[] {
    const { heads, kvHeads, attentionScale, attentionCap: cap } = this.spec;
    const kv = Math.floor((h * kvHeads) / heads);
    const scores = key.map((of, s) => {
      const score = attentionScale * q.reduce((sum, v, i) => sum + v * of[kv][i], 0);
      const seen = run.sees(l, t, s) && (run.headSees?.(l, h, t, s) ?? true);
      return seen ? (cap ? cap * Math.tanh(score / cap) : score) : -Number.MAX_VALUE;
    });
    return softmax(scores);
  }
}

function rotate(x: Vector, { theta, scaling, sections }: Rope, at: (axis: 0 | 1 | 2) => number): number[] {
  const half = x.length / 2;
  if (scaling && scaling.type !== 'linear') throw new Error('the reference knows no such rope');
  const axis = (i: number): 0 | 1 | 2 => {
    if (!sections) return 0;
    const [t, h, w] = sections.sizes;
    if (!sections.interleaved) return i < t ? 0 : i < t + h ? 1 : 2;
    if (i % 3 === 1 && i < 3 * h) return 1;
    return i % 3 === 2 && i < 3 * w ? 2 : 0;
  };
  const angle = (i: number): number => at(axis(i)) / (scaling?.factor ?? 1) / theta ** (i / half);
  return x.map((v, i) => {
    const k = i % half;
    const other = i < half ? -x[i + half] : x[i - half];
    return v * Math.cos(angle(k)) + other * Math.sin(angle(k));
  });
}

const silu = (x: number): number => x / (1 + Math.exp(-x));
const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

function softmax(scores: readonly number[]): number[] {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((s) => Math.exp(s - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}
