/**
 * The decoder as one ONNX graph that serves every run: rows over a frozen past.
 *
 * The live rows of a layer are B groups of r rows, `N = B * r`, group after group; every group holds the same
 * positions of the sequence and sees the same p frozen rows before them, but groups cannot see one another. Groups ride
 * as a batch axis, so scores take `B * r * (p + r)` entries a head and never grow with the square of B.
 * A clean run is one group without past (`single`); a knockout is a group that enters at its window's first layer.
 *
 * | input | shape | meaning |
 * |---|---|---|
 * | `rows` | `[1]` int64 | r |
 * | `past` | `[1]` int64 | p |
 * | `single` | `[]` bool | at most one group: past and live keys are joined instead of scored apart (needed when p is 0) |
 * | `cos`, `sin` | `[r, d/2]` | rotary angles of a group's rows |
 * | `live.l` | `[]` bool | whether layer l runs; if not it is skipped, weights untouched, and `residual.l` is whatever came to it |
 * | `enter.l` | `[e, H]` | residual rows that join before layer l |
 * | `keep.l` | `[k]` int64 | rows of layer l-1's output that go on; a row named twice is forked |
 * | `past_key.l`, `past_value.l` | `[p, kv*d]` | frozen rows; keys after rotation |
 * | `allow.l` | `[1 or kv, 1 or g, 1 or B, r, p + r]` bool | who may see whom (head = kv index * g + g index) |
 * | `open.l` | `[1 or kv, 1 or g, 1 or B, 1, 1]` bool | heads of groups that see all of `causal.l`, whatever `allow.l` says |
 * | `causal.l` | `[1, 1, 1, 1 or r, 1 or p + r]` bool | what open heads see |
 * | `attention_scale.l`, `mlp_scale.l` | `[1 or N, 1]` | 1, or 0 to take out what the sublayer adds to a row |
 * | `export` | `[x]` int64 | rows whose `residual.l`, `key.l`, `value.l` are given |
 * | `watch` | `[w]` int64 | rows of each group whose `attention.l` `[kv, g, B, w, p + r]` is given |
 * | `select`, `select_rows` | `[m]`, `[1]` int64 | rows whose output of the last layer is given, and how many a group |
 *
 * In the last layer only selected rows are computed past their keys and values, and `allow` has only their rows;
 * `watch` counts among them there. `residual.l` is what enters layer l; `final` `[m, H]` is the last layer's output
 * before the final norm.
 */
import type { DecoderLayerRef, DecoderSpec } from '../checkpoint/spec';
import { GraphBuilder, type Value } from './builder';
import { float } from './onnx';

/** What a blocked score becomes: the most negative float32, as the published code has it (never -inf: no NaN rows). */
const BLOCKED = -3.4028234663852886e38;

/** What the inputs of a layer's weights are, in the order of `gram` outputs. */
export const GRAMS = ['attention', 'mixed', 'mlp', 'inner'] as const;
/** Columns whose products with one another are summed. */
export const GRAM_WIDTH = 128;

/**
 * `grams`: the graph also gives, as `gram.NAME.l` (NAME of `GRAMS`), sums over the live rows of products of what a
 * layer's weights are multiplied with: `[ceil(width / 128), 128, 128]`, columns in groups of 128, the last one filled
 * up with zeros. For calibration; select all rows then. `importance [n, 1]` is what each row counts, as a square root.
 */
export function decoderGraph(spec: DecoderSpec, folder: string, options: { grams?: boolean } = {}): Uint8Array {
  const b = new GraphBuilder('decoder', folder);
  const { hidden, kvHeads, headDim, heads } = spec;
  const kv = kvHeads * headDim;
  const common: Common = {
    rows: b.input('rows', 'int64', [1]),
    past: b.input('past', 'int64', [1]),
    single: b.input('single', 'bool', []),
    cos: b.input('cos', 'f32', ['r', headDim / 2]),
    sin: b.input('sin', 'f32', ['r', headDim / 2]),
    exported: b.input('export', 'int64', ['x']),
    watch: b.input('watch', 'int64', ['w']),
    select: b.input('select', 'int64', ['m']),
    selectRows: b.input('select_rows', 'int64', [1]),
    offset: b.ints([0]),
    blocked: b.scalar(BLOCKED),
  };
  const importance = options.grams ? b.input('importance', 'f32', ['n', 1]) : '';
  let x: Value = '';
  for (let l = 0; l < spec.layers; l++) {
    const last = l === spec.layers - 1;
    const enter = b.input(`enter.${l}`, 'f32', [`e.${l}`, hidden]);
    x =
      l === 0
        ? enter
        : b.concat([b.node('Gather', [x, b.input(`keep.${l}`, 'int64', [`k.${l}`])], { axis: 0 }), enter], 0);
    const inputs: LayerInputs = {
      x,
      last,
      pastKey: b.input(`past_key.${l}`, 'f32', ['p', kv]),
      pastValue: b.input(`past_value.${l}`, 'f32', ['p', kv]),
      allow: b.input(`allow.${l}`, 'bool', [`ak.${l}`, `ag.${l}`, `ab.${l}`, `ar.${l}`, 'c']),
      open: b.input(`open.${l}`, 'bool', [`ok.${l}`, `og.${l}`, `ob.${l}`, 1, 1]),
      causal: b.input(`causal.${l}`, 'bool', [1, 1, 1, `cr.${l}`, `cc.${l}`]),
      attentionScale: b.input(`attention_scale.${l}`, 'f32', [`as.${l}`, 1]),
      mlpScale: b.input(`mlp_scale.${l}`, 'f32', [`ms.${l}`, 1]),
    };
    const nothing = (s: GraphBuilder, dims: readonly number[]): Value => s.node('ConstantOfShape', [s.ints(dims)]);
    const [out, residual, key, value, attention, ...grams] = b.branch(
      b.input(`live.${l}`, 'bool', []),
      (s) => {
        const { values, multiplied } = layer(s, spec, spec.weights.layers[l], inputs, common);
        return options.grams
          ? [...values, ...multiplied.map((m) => gram(s, s.node('Mul', [m.value, importance]), m.width))]
          : values;
      },
      (s) => [
        nothing(s, [0, hidden]),
        s.node('Identity', [inputs.x]),
        nothing(s, [0, kv]),
        nothing(s, [0, kv]),
        nothing(s, [0, 0, 0, 0, 0]),
        ...(options.grams ? GRAMS.map(() => nothing(s, [0, GRAM_WIDTH, GRAM_WIDTH])) : []),
      ],
    );
    grams.forEach((g, i) => b.output(g, `gram.${GRAMS[i]}.${l}`, 'f32', [`g.${GRAMS[i]}`, GRAM_WIDTH, GRAM_WIDTH]));
    b.output(residual, `residual.${l}`, 'f32', ['x', hidden]);
    b.output(key, `key.${l}`, 'f32', ['x', kv]);
    b.output(value, `value.${l}`, 'f32', ['x', kv]);
    b.output(attention, `attention.${l}`, 'f32', [kvHeads, heads / kvHeads, `b.${l}`, 'w', `c.${l}`]);
    x = out;
  }
  b.output(x, 'final', 'f32', ['m', hidden]);
  return b.finish();
}

interface Common {
  readonly rows: Value;
  readonly past: Value;
  readonly single: Value;
  readonly cos: Value;
  readonly sin: Value;
  readonly exported: Value;
  readonly watch: Value;
  readonly select: Value;
  readonly selectRows: Value;
  readonly offset: Value;
  readonly blocked: Value;
}

interface LayerInputs {
  /** `[N, H]` */
  readonly x: Value;
  readonly last: boolean;
  readonly pastKey: Value;
  readonly pastValue: Value;
  readonly allow: Value;
  readonly open: Value;
  readonly causal: Value;
  readonly attentionScale: Value;
  readonly mlpScale: Value;
}

/** Sums over rows of products of columns, within groups of columns. */
function gram(b: GraphBuilder, x: Value, width: number): Value {
  const groups = Math.ceil(width / GRAM_WIDTH);
  const filled = b.node('Pad', [x, b.ints([0, 0, 0, groups * GRAM_WIDTH - width])]);
  const grouped = b.reshape(filled, [-1, groups, GRAM_WIDTH]);
  return b.node('MatMul', [b.transpose(grouped, [1, 2, 0]), b.transpose(grouped, [1, 0, 2])]);
}

interface LayerOutputs {
  /** Output `[N, H]` (`[m, H]` in the last layer), then the exported rows and the watched attention. */
  readonly values: Value[];
  /** What the weights are multiplied with, in the order of `GRAMS`. */
  readonly multiplied: readonly { readonly value: Value; readonly width: number }[];
}

function layer(b: GraphBuilder, spec: DecoderSpec, w: DecoderLayerRef, i: LayerInputs, c: Common): LayerOutputs {
  const { heads, kvHeads, headDim } = spec;
  const exported = (value: Value): Value => b.node('Gather', [value, c.exported], { axis: 0 });
  const pick = (value: Value): Value => (i.last ? b.node('Gather', [value, c.select], { axis: 0 }) : value);
  const rotate = (value: Value, count: number): Value => {
    const width = count * headDim;
    const grouped = b.reshape(value, b.shape([-1, c.rows, width]));
    const turned = b.contrib('RotaryEmbedding', [grouped, c.offset, c.cos, c.sin], {
      interleaved: 0,
      num_heads: count,
    });
    return b.reshape(turned, [-1, width]);
  };
  const normed = b.rmsNorm(i.x, w.inputNorm, spec.rmsEpsilon);
  const query = pick(rotate(b.linear(normed, w.query), heads));
  const key = rotate(b.linear(normed, w.key), kvHeads);
  const value = b.linear(normed, w.value);

  const queryRows = i.last ? c.selectRows : c.rows;
  const [mixed, watched] = attention(b, spec, i, { query, key, value, queryRows }, c);
  const middle = b.node('Add', [pick(i.x), b.node('Mul', [b.linear(mixed, w.output), i.attentionScale])]);

  const normed2 = b.rmsNorm(middle, w.postNorm, spec.rmsEpsilon);
  // SiLU(x) = x * sigmoid(x) is QuickGelu with alpha 1: one pass over the widest tensor instead of two.
  const gate = b.contrib('QuickGelu', [b.linear(normed2, w.gate)], { alpha: float(1) });
  const inner = b.node('Mul', [gate, b.linear(normed2, w.up)]);
  const added = b.linear(inner, w.down);
  const out = b.node('Add', [middle, b.node('Mul', [added, i.mlpScale])]);
  const { hidden, intermediate } = spec;
  return {
    values: [out, exported(i.x), exported(key), exported(value), watched],
    multiplied: [
      { value: normed, width: hidden },
      { value: mixed, width: heads * headDim },
      { value: normed2, width: hidden },
      { value: inner, width: intermediate },
    ],
  };
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
function attention(b: GraphBuilder, spec: DecoderSpec, i: LayerInputs, h: Heads, c: Common): [Value, Value] {
  const { kvHeads: kv, headDim: d } = spec;
  const g = spec.heads / kv;
  const scale = 1 / Math.sqrt(d);
  const columns = b.node('Add', [c.past, c.rows]);
  /** `[n, kv * d]` -> `[kv, n, d]` */
  const byHead = (s: GraphBuilder, x: Value): Value => s.transpose(s.reshape(x, [-1, kv, d]), [1, 0, 2]);
  /** `[B, q, kv, g, d]` */
  const query5 = b.reshape(h.query, b.shape([-1, h.queryRows, kv, g, d]));
  // One byte an entry where no head is open, which is next to nothing beside the scores.
  const allow = b.node('Or', [i.allow, b.node('And', [i.open, i.causal])]);
  const masked = (s: GraphBuilder, scores: Value): Value =>
    s.node('Softmax', [s.node('Where', [allow, scores, c.blocked])], { axis: -1 });
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
