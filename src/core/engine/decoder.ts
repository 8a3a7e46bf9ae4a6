/** Runs the decoder graph: fills in what a call leaves out. See graph/decoder.ts for the shapes. */
import type { Tensor } from 'onnxruntime-node';
import { decoderGraph, GRAMS, ropeInput } from '../graph/decoder';
import type { DecoderSpec } from '../spec';
import { Positions, Rotation } from './positions';
import { bool, f32, type Feed, flag, floats, int64, Session, type WeightStore } from './session';
import type { EngineOptions } from './types';

/** `[kv|1, g|1, B|1, q, p + r]`, 1 = may see. */
export interface Mask {
  readonly dims: readonly [number, number, number, number, number];
  readonly data: Uint8Array;
}

/** Heads of groups that see what the layer's own mask shows, whatever `allow` blocks for the others. */
export interface OpenHeads {
  /** `[kv, g, B, 1, 1]`, 1 = open. */
  readonly heads: Mask;
  /** `[1, 1, 1, q, p + r]` */
  readonly causal: Mask;
}

export interface LayerCall {
  /** `[e, H]`; nothing joins when left out. */
  readonly enter?: Float32Array;
  /** Rows of the layer before that go on; all when left out. */
  readonly keep?: readonly number[];
  readonly allow: Mask;
  /** Left out: `allow` is for all heads. */
  readonly open?: OpenHeads;
  /** `[N]`, or everything 1. */
  readonly attentionScale?: Float32Array;
  readonly mlpScale?: Float32Array;
}

export interface DecoderCall {
  /** A group's first row in the sequence: the number of frozen rows before it. */
  readonly past: number;
  /** Rows of a group. */
  readonly rows: number;
  /** Where rows stand; left out, each at its own number. */
  readonly positions?: Positions;
  /** At most one group in every layer. */
  readonly single: boolean;
  readonly layers: readonly LayerCall[];
  /** At least `past` rows each, `[>= p, kv * d]`. */
  readonly pastKeys: readonly Float32Array[];
  readonly pastValues: readonly Float32Array[];
  /** Flat rows of the last layer that are computed to the end, `selectRows` of each group. */
  readonly select: readonly number[];
  readonly selectRows: number;
  /** Give residual, key and value of all rows in every layer (single group entering at layer 0). */
  readonly keepAll?: boolean;
  /**
   * Only layers `[first, end)` run, on rows that enter at the first. Where `end` is not the last, `final` holds every row
   * as it goes into layer `end`. Left out: all layers.
   */
  readonly span?: readonly [first: number, end: number];
  /**
   * By the spec's `additions`, what is added to the rows of that layer's output that go on (`keep` of the next one),
   * `[k, H]`; nothing when left out.
   */
  readonly added?: readonly (Float32Array | undefined)[];
  /** Give the grams of every layer, rows weighted by the squares of these, `[n]`; the decoder must be made for it. */
  readonly grams?: Float32Array;
  /** Rows within a group whose attention is given (in the last layer: among the selected). */
  readonly watch?: readonly number[];
}

export interface DecoderOutput {
  /** `[m, H]`, before the final norm. */
  readonly final: Float32Array;
  /** By layer (of the span), `[r, H]` and `[r, kv * d]`; empty unless `keepAll`. */
  readonly residuals: Float32Array[];
  readonly keys: Float32Array[];
  readonly values: Float32Array[];
  /** By layer, `[heads, w, p + r]`; empty unless `watch`. */
  readonly attention: Float32Array[];
  /** By layer and name of `GRAMS`, see graph/decoder.ts; empty unless `grams`. */
  readonly grams: Float32Array[][];
}

const NONE: Mask = { dims: [1, 1, 1, 1, 1], data: Uint8Array.of(0) };
const ONE = f32(Float32Array.of(1), [1, 1]);
const NOTHING = int64([]);
const ROW_NUMBERS = new Positions();

export class Decoder {
  private readonly rotations: readonly Rotation[];
  private readonly noAddition: Feed;
  private constructor(
    readonly spec: DecoderSpec,
    private readonly session: Session,
  ) {
    this.rotations = spec.ropes.map((rope) => new Rotation(rope, spec.headDim));
    this.noAddition = f32(new Float32Array(spec.hidden), [1, spec.hidden]);
  }

  /** `grams`: for calibration, see graph/decoder.ts. */
  static async create(
    spec: DecoderSpec,
    weights: WeightStore,
    options: EngineOptions,
    { grams = false } = {},
  ): Promise<Decoder> {
    const graph = decoderGraph(spec, weights.folder, { grams });
    return new Decoder(spec, await Session.create('decoder', graph, weights, options));
  }

  async run(call: DecoderCall): Promise<DecoderOutput> {
    const { hidden, layers, kvHeads, headDim } = this.spec;
    const kv = kvHeads * headDim;
    const all = Array.from({ length: call.rows }, (_, i) => i);
    const feeds: Record<string, Feed> = {
      rows: int64([call.rows]),
      past: int64([call.past]),
      single: flag(call.single),
      export: call.keepAll ? int64(all) : NOTHING,
      watch: call.watch ? int64(call.watch) : NOTHING,
      select: int64(call.select),
      select_rows: int64([call.selectRows]),
    };
    this.rotations.forEach((rotation, k, { length }) => {
      const { cos, sin } = rotation.angles(call.positions ?? ROW_NUMBERS, call.past, call.rows);
      feeds[ropeInput('cos', k, length)] = f32(cos, [call.rows, headDim / 2]);
      feeds[ropeInput('sin', k, length)] = f32(sin, [call.rows, headDim / 2]);
    });
    if (call.grams) feeds.importance = f32(call.grams, [call.grams.length, 1]);
    const [from, to] = call.span ?? [0, layers];
    let live = 0;
    call.layers.forEach((layer, l) => {
      const enter = layer.enter ?? new Float32Array(0);
      const keep = layer.keep ?? Array.from({ length: live }, (_, i) => i);
      if (l > 0) feeds[`keep.${l}`] = int64(keep);
      const addition = this.spec.additions.indexOf(l - 1);
      if (addition >= 0) {
        const added = keep.length > 0 ? call.added?.[addition] : undefined;
        feeds[`added.${l - 1}`] = added ? f32(added, [added.length / hidden, hidden]) : this.noAddition;
      }
      feeds[`enter.${l}`] = f32(enter, [enter.length / hidden, hidden]);
      live = (l > 0 ? keep.length : 0) + enter.length / hidden;
      feeds[`live.${l}`] = flag(live > 0 && l !== to);
      // Rows leave where the span ends.
      if (l === to) live = 0;
      feeds[`past_key.${l}`] = f32(call.pastKeys[l].subarray(0, call.past * kv), [call.past, kv]);
      feeds[`past_value.${l}`] = f32(call.pastValues[l].subarray(0, call.past * kv), [call.past, kv]);
      feeds[`allow.${l}`] = bool(layer.allow.data, layer.allow.dims);
      const { heads, causal } = layer.open ?? { heads: NONE, causal: NONE };
      feeds[`open.${l}`] = bool(heads.data, heads.dims);
      feeds[`causal.${l}`] = bool(causal.data, causal.dims);
      feeds[`attention_scale.${l}`] = scale(layer.attentionScale);
      feeds[`mlp_scale.${l}`] = scale(layer.mlpScale);
    });
    const byLayer = (name: string): string[] => Array.from({ length: layers }, (_, l) => `${name}.${l}`);
    const inSpan = (name: string): string[] => byLayer(name).slice(from, to);
    const kept = call.keepAll ? ['residual', 'key', 'value'].flatMap(inSpan) : [];
    const watched = call.watch ? byLayer('attention') : [];
    const sums = call.grams ? GRAMS.flatMap((name) => byLayer(`gram.${name}`)) : [];
    const leaving = to < layers ? `residual.${to}` : 'final';
    const out = await this.session.run(feeds, [leaving, ...kept, ...watched, ...sums]);
    const take = (names: readonly string[]): Float32Array[] => names.map((key) => taken(out, key));
    return {
      final: taken(out, leaving),
      residuals: call.keepAll ? take(inSpan('residual')) : [],
      keys: call.keepAll ? take(inSpan('key')) : [],
      values: call.keepAll ? take(inSpan('value')) : [],
      attention: call.watch ? take(watched) : [],
      grams: call.grams
        ? Array.from({ length: layers }, (_, l) => GRAMS.map((name) => taken(out, `gram.${name}.${l}`)))
        : [],
    };
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

const scale = (values: Float32Array | undefined): Feed => (values ? f32(values, [values.length, 1]) : ONE);
const taken = (out: Record<string, Tensor>, name: string): Float32Array => floats(out[name]);
