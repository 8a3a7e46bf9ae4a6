/** The attention of a decoder layer: norm, projections, rotation, softmax over past and own group. See decoder.ts. */
import type { DecoderSpec, NormRef } from '../spec';
import { capped } from './activation';
import type { GraphBuilder, Value } from './builder';

/** Values that all layers share. */
export interface Common {
  readonly rows: Value;
  readonly past: Value;
  readonly single: Value;
  readonly ropes: readonly { readonly cos: Value; readonly sin: Value }[];
  readonly exported: Value;
  readonly watch: Value;
  readonly select: Value;
  readonly selectRows: Value;
  readonly offset: Value;
  readonly blocked: Value;
}

export interface AttentionInputs {
  /** `[N, H]` */
  readonly x: Value;
  readonly last: boolean;
  readonly pastKey: Value;
  readonly pastValue: Value;
  readonly allow: Value;
  readonly open: Value;
  readonly causal: Value;
}

export interface Attention {
  /** What the projections are multiplied with, `[N, H]`. */
  readonly normed: Value;
  /** After the rotation, `[N, kv * d]`. */
  readonly key: Value;
  readonly value: Value;
  /** What the output matrix is multiplied with, `[B * q, heads * d]`. */
  readonly mixed: Value;
  /** Probabilities of the watched rows, `[kv, g, B, w, p + r]`. */
  readonly watched: Value;
  /** Makes what the sublayer adds, `[B * q, H]`. */
  readonly output: () => Value;
}

export function attention(b: GraphBuilder, spec: DecoderSpec, l: number, i: AttentionInputs, c: Common): Attention {
  const { heads, kvHeads, headDim, norm } = spec;
  const w = spec.weights.layers[l];
  const { cos, sin } = c.ropes[spec.kinds[l].rope];
  const rms = { kind: 'rms', ...norm } as const;
  /** Over each head, before the rotation. */
  const headNorm = (value: Value, count: number, ref: NormRef | undefined): Value =>
    ref ? b.reshape(b.norm(b.reshape(value, [-1, headDim]), ref, rms), [-1, count * headDim]) : value;
  const rotate = (value: Value, count: number): Value => {
    const width = count * headDim;
    const grouped = b.reshape(value, b.shape([-1, c.rows, width]));
    const turned = b.contrib('RotaryEmbedding', [grouped, c.offset, cos, sin], {
      interleaved: 0,
      num_heads: count,
    });
    return b.reshape(turned, [-1, width]);
  };
  const normed = b.norm(i.x, w.attentionNorm, rms);
  const turned = rotate(headNorm(b.linear(normed, w.query), heads, w.queryNorm), heads);
  const query = i.last ? b.node('Gather', [turned, c.select], { axis: 0 }) : turned;
  const key = rotate(headNorm(b.linear(normed, w.key), kvHeads, w.keyNorm), kvHeads);
  const value = b.linear(normed, w.value);
  const queryRows = i.last ? c.selectRows : c.rows;
  const [mixed, watched] = mix(b, spec, i, { query, key, value, queryRows }, c);
  const output = (): Value => {
    const added = b.linear(mixed, w.output);
    return w.attentionOut ? b.norm(added, w.attentionOut, rms) : added;
  };
  return { normed, key, value, mixed, watched, output };
}

interface Heads {
  /** `[B * q, heads * d]` with q = queryRows */
  readonly query: Value;
  /** `[N, kv * d]` */
  readonly key: Value;
  readonly value: Value;
  readonly queryRows: Value;
}

/** Softmax attention of the live rows over past and own group: `[B * q, heads * d]`, and the watched probabilities. */
function mix(b: GraphBuilder, spec: DecoderSpec, i: AttentionInputs, h: Heads, c: Common): [Value, Value] {
  const { kvHeads: kv, headDim: d } = spec;
  const g = spec.heads / kv;
  const { attentionScale: scale, attentionCap: cap } = spec;
  const columns = b.node('Add', [c.past, c.rows]);
  /** `[n, kv * d]` -> `[kv, n, d]` */
  const byHead = (s: GraphBuilder, x: Value): Value => s.transpose(s.reshape(x, [-1, kv, d]), [1, 0, 2]);
  /** `[B, q, kv, g, d]` */
  const query5 = b.reshape(h.query, b.shape([-1, h.queryRows, kv, g, d]));
  // One byte an entry where no head is open, which is next to nothing beside the scores.
  const allow = b.node('Or', [i.allow, b.node('And', [i.open, i.causal])]);
  // A cap comes before the mask: capped, a blocked score would be one of many.
  const masked = (s: GraphBuilder, scores: Value): Value =>
    s.node('Softmax', [s.node('Where', [allow, cap ? capped(s, scores, cap) : scores, c.blocked])], { axis: -1 });
  /** `[kv, g, B, q, d]` and the probabilities of the watched rows */
  const [mixed, watched] = b.branch(
    c.single,
    (s) => {
      const keys = byHead(s, s.concat([i.pastKey, h.key], 0));
      const values = byHead(s, s.concat([i.pastValue, h.value], 0));
      const q = s.reshape(s.transpose(query5, [2, 3, 0, 1, 4]), [kv, -1, d]);
      const scores = s.matmul(q, keys, { transB: true, alpha: scale });
      const p = masked(s, s.reshape(scores, s.shape([kv, g, -1, h.queryRows, columns])));
      const out = s.matmul(s.reshape(p, s.shape([kv, -1, columns])), values);
      return [s.reshape(out, s.shape([kv, g, -1, h.queryRows, d])), s.node('Gather', [p, c.watch], { axis: 3 })];
    },
    (s) => {
      const q = s.reshape(s.transpose(query5, [2, 3, 0, 1, 4]), [kv, -1, d]);
      const before = s.reshape(
        s.matmul(q, byHead(s, i.pastKey), { transB: true, alpha: scale }),
        s.shape([kv, g, -1, h.queryRows, c.past]),
      );
      /** `[B * kv, r, d]` */
      const own = (x: Value): Value =>
        s.reshape(s.transpose(s.reshape(x, s.shape([-1, c.rows, kv, d])), [0, 2, 1, 3]), s.shape([-1, c.rows, d]));
      const queryRowsOfGroup = s.node('Mul', [h.queryRows, s.ints([g])]);
      const qSelf = s.reshape(s.transpose(query5, [0, 2, 3, 1, 4]), s.shape([-1, queryRowsOfGroup, d]));
      const self = s.transpose(
        s.reshape(
          s.matmul(qSelf, own(h.key), { transB: true, alpha: scale }),
          s.shape([-1, kv, g, h.queryRows, c.rows]),
        ),
        [1, 2, 0, 3, 4],
      );
      const p = masked(s, s.concat([before, self], 4));
      const [pBefore, pSelf] = s.nodeMany('Split', [p, s.concat([c.past, c.rows], 0)], { axis: 4 }, { outputs: 2 });
      const fromPast = s.reshape(
        s.matmul(s.reshape(pBefore, s.shape([kv, -1, c.past])), byHead(s, i.pastValue)),
        s.shape([kv, g, -1, h.queryRows, d]),
      );
      const pSelfByGroup = s.reshape(s.transpose(pSelf, [2, 0, 1, 3, 4]), s.shape([-1, queryRowsOfGroup, c.rows]));
      const fromSelf = s.transpose(
        s.reshape(s.matmul(pSelfByGroup, own(h.value)), s.shape([-1, kv, g, h.queryRows, d])),
        [1, 2, 0, 3, 4],
      );
      return [s.node('Add', [fromPast, fromSelf]), s.node('Gather', [p, c.watch], { axis: 3 })];
    },
  );
  return [b.reshape(b.transpose(mixed, [2, 3, 0, 1, 4]), [-1, kv * g * d]), watched];
}
