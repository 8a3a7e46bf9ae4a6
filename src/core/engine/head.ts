/** Final norm and output matrix: residual rows to probabilities of tokens. */
import { readTensor } from '../checkpoint/read';
import { headGraph, TOP } from '../graph/head';
import type { DecoderSpec } from '../spec';
import { f32, floats, int64, Session, type WeightStore } from './session';
import type { EngineOptions } from './types';

export interface HeadOutput {
  /** Probability of each asked token, `[n, k]`. */
  readonly chosen: Float32Array;
  /** Best tokens of each row, `[n][best]`. */
  readonly top: readonly (readonly { token: number; probability: number }[])[];
}

export class Head {
  private constructor(
    private readonly spec: DecoderSpec,
    private readonly session: Session,
    private readonly normWeight: Float32Array,
  ) {}

  static async create(spec: DecoderSpec, weights: WeightStore, options: EngineOptions): Promise<Head> {
    const session = await Session.create('head', headGraph(spec, weights.folder), weights, options);
    const stored = await readTensor(spec.weights.norm.weight);
    return new Head(spec, session, spec.norm.offset === 0 ? stored : stored.map((w) => w + spec.norm.offset));
  }

  /** The final RMS norm of `rows [n, H]`; a copy. */
  norm(rows: Float32Array): Float32Array {
    const { hidden, norm } = this.spec;
    const out = new Float32Array(rows.length);
    for (let at = 0; at < rows.length; at += hidden) {
      let sum = 0;
      for (let i = 0; i < hidden; i++) sum += rows[at + i] * rows[at + i];
      const scale = 1 / Math.sqrt(sum / hidden + norm.epsilon);
      for (let i = 0; i < hidden; i++) out[at + i] = rows[at + i] * scale * this.normWeight[i];
    }
    return out;
  }

  /** Softmax over the vocabulary of `rows [n, H]`, as they are (normed by the caller where wanted). */
  async run(rows: Float32Array, tokens: readonly number[], best = TOP): Promise<HeadOutput> {
    const n = rows.length / this.spec.hidden;
    const k = Math.min(best, this.spec.vocab);
    const feeds = { rows: f32(rows, [n, this.spec.hidden]), tokens: int64(tokens), best: int64([k]) };
    const out = await this.session.run(feeds, ['chosen', 'top_probability', 'top_token']);
    const probability = floats(out.top_probability);
    const token = out.top_token.data as BigInt64Array;
    const top = Array.from({ length: n }, (_, i) =>
      Array.from({ length: k }, (_, j) => ({ token: Number(token[i * k + j]), probability: probability[i * k + j] })),
    );
    return { chosen: floats(out.chosen), top };
  }

  /** Logits of `rows [n, H]` after the caller's norm, `[n, V]`. */
  async logits(rows: Float32Array): Promise<Float32Array> {
    const feeds = {
      rows: f32(rows, [rows.length / this.spec.hidden, this.spec.hidden]),
      tokens: int64([]),
      best: int64([1]),
    };
    return floats((await this.session.run(feeds, ['logits'])).logits);
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
