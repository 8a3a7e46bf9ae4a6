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
 * | `cos`, `sin` | `[r, d/2]` | rotary angles of a group's rows; `cos.k`, `sin.k` where there are several ropes |
 * | `live.l` | `[]` bool | whether layer l runs; if not it is skipped, weights untouched, and `residual.l` is whatever came to it |
 * | `enter.l` | `[e, H]` | residual rows that join before layer l |
 * | `keep.l` | `[k]` int64 | rows of layer l-1's output that go on; a row named twice is forked |
 * | `past_key.l`, `past_value.l` | `[p, kv*d]` | frozen rows; keys after rotation |
 * | `added.l` | `[1 or k.(l+1), H]` | added to the kept rows of layer l's output (DeepStack); rows that enter bring it with them |
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
 * before the final norm. What a spec does not ask for (biases, norms, caps, additions) is not in the graph.
 */
import type { DecoderSpec } from '../spec';
import { attention, type AttentionInputs, type Common } from './attention';
import { GraphBuilder, type Value } from './builder';
import { mlp } from './mlp';

/** What a blocked score becomes: the most negative float32, as the published code has it (never -inf: no NaN rows). */
const BLOCKED = -3.4028234663852886e38;

/** What the inputs of a layer's weights are, in the order of `gram` outputs. */
export const GRAMS = ['attention', 'mixed', 'mlp', 'inner'] as const;
/** Columns whose products with one another are summed. */
const GRAM_WIDTH = 128;

/** Name of a rope's input: the plain one where there is no other. */
export const ropeInput = (angle: 'cos' | 'sin', rope: number, ropes: number): string =>
  ropes === 1 ? angle : `${angle}.${rope}`;

/**
 * `grams`: the graph also gives, as `gram.NAME.l` (NAME of `GRAMS`), sums over the live rows of products of what a
 * layer's weights are multiplied with: `[ceil(width / 128), 128, 128]`, columns in groups of 128, the last one filled
 * up with zeros. For calibration; select all rows then. `importance [n, 1]` is what each row counts, as a square root.
 */
export function decoderGraph(spec: DecoderSpec, folder: string, options: { grams?: boolean } = {}): Uint8Array {
  const b = new GraphBuilder('decoder', folder);
  const { hidden, kvHeads, headDim, heads, ropes } = spec;
  const kv = kvHeads * headDim;
  const common: Common = {
    rows: b.input('rows', 'int64', [1]),
    past: b.input('past', 'int64', [1]),
    single: b.input('single', 'bool', []),
    ropes: ropes.map((_, k) => ({
      cos: b.input(ropeInput('cos', k, ropes.length), 'f32', ['r', headDim / 2]),
      sin: b.input(ropeInput('sin', k, ropes.length), 'f32', ['r', headDim / 2]),
    })),
    exported: b.input('export', 'int64', ['x']),
    watch: b.input('watch', 'int64', ['w']),
    select: b.input('select', 'int64', ['m']),
    selectRows: b.input('select_rows', 'int64', [1]),
    offset: b.ints([0]),
    blocked: b.scalar(BLOCKED),
  };
  const importance = options.grams ? b.input('importance', 'f32', ['n', 1]) : '';
  /** What `kept` rows of layer l's output go on as. */
  const added = (l: number, kept: Value): Value =>
    spec.additions.includes(l) ? b.node('Add', [kept, b.input(`added.${l}`, 'f32', [`d.${l}`, hidden])]) : kept;
  let x: Value = '';
  for (let l = 0; l < spec.layers; l++) {
    const enter = b.input(`enter.${l}`, 'f32', [`e.${l}`, hidden]);
    x =
      l === 0
        ? enter
        : b.concat(
            [added(l - 1, b.node('Gather', [x, b.input(`keep.${l}`, 'int64', [`k.${l}`])], { axis: 0 })), enter],
            0,
          );
    const inputs: LayerInputs = {
      x,
      last: l === spec.layers - 1,
      pastKey: b.input(`past_key.${l}`, 'f32', ['p', kv]),
      pastValue: b.input(`past_value.${l}`, 'f32', ['p', kv]),
      allow: b.input(`allow.${l}`, 'bool', [`ak.${l}`, `ag.${l}`, `ab.${l}`, `ar.${l}`, 'c']),
      open: b.input(`open.${l}`, 'bool', [`ok.${l}`, `og.${l}`, `ob.${l}`, 1, 1]),
      causal: b.input(`causal.${l}`, 'bool', [1, 1, 1, `cr.${l}`, `cc.${l}`]),
      attentionScale: b.input(`attention_scale.${l}`, 'f32', [`as.${l}`, 1]),
      mlpScale: b.input(`mlp_scale.${l}`, 'f32', [`ms.${l}`, 1]),
    };
    const nothing = (s: GraphBuilder, dims: readonly number[]): Value => s.node('ConstantOfShape', [s.ints(dims)]);
    const [out, residual, key, value, attended, ...grams] = b.branch(
      b.input(`live.${l}`, 'bool', []),
      (s) => {
        const { values, multiplied } = layer(s, spec, l, inputs, common);
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
    b.output(attended, `attention.${l}`, 'f32', [kvHeads, heads / kvHeads, `b.${l}`, 'w', `c.${l}`]);
    x = out;
  }
  b.output(x, 'final', 'f32', ['m', hidden]);
  return b.finish();
}

interface LayerInputs extends AttentionInputs {
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

/**
 * The scales stand outside everything a sublayer adds, its output norm included: scaled by 0 it adds exactly nothing.
 */
function layer(b: GraphBuilder, spec: DecoderSpec, l: number, i: LayerInputs, c: Common): LayerOutputs {
  const exported = (value: Value): Value => b.node('Gather', [value, c.exported], { axis: 0 });
  const pick = (value: Value): Value => (i.last ? b.node('Gather', [value, c.select], { axis: 0 }) : value);
  const a = attention(b, spec, l, i, c);
  const middle = b.node('Add', [pick(i.x), b.node('Mul', [a.output(), i.attentionScale])]);
  const m = mlp(b, spec, l, middle);
  const out = b.node('Add', [middle, b.node('Mul', [m.output, i.mlpScale])]);
  const { hidden, intermediate, heads, headDim } = spec;
  return {
    values: [out, exported(i.x), exported(a.key), exported(a.value), a.watched],
    multiplied: [
      { value: a.normed, width: hidden },
      { value: a.mixed, width: heads * headDim },
      { value: m.normed, width: hidden },
      { value: m.inner, width: intermediate },
    ],
  };
}
