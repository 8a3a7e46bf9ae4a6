/**
 * Rows on their way through the layers of a clean run. A call of ONNX Runtime cannot be interrupted, so a long way is cut
 * into calls of some layers each: in between, a run says how far it is and may stop. What was stopped goes on from the
 * layer where it stood. The cut moves no digit: each layer computes the same from the same rows.
 */
import { failed } from '../errors';
import type { DecoderSpec } from '../spec';
import type { Added, Cache } from './cache';
import type { Decoder, LayerCall } from './decoder';
import { groupMask, layerMasks } from './masks';
import type { Positions } from './positions';
import type { Sight } from './sight';
import type { Span } from './types';

/** Rows of one call: beyond this, larger calls are not faster and only take memory. */
const BLOCK_ROWS = 1024;
/** Seconds of a call. Calls this long cost nothing measurable beyond the work itself. */
export const CALL_SECONDS = 0.25;
/** What a slow machine does in a second, in multiplications and additions: for the first call, before one was timed. */
const ASSUMED_SPEED = 2e10;
/** Reading a layer's weights takes about as long as so many rows (f16, docs/decisions.md); counted with each block. */
const WEIGHT_ROWS = 32;

/**
 * Rows that the clean run of `length` tokens takes at a time: their scores fit the chunk budget. Rows that see each
 * other go together even so.
 */
export function blockRows({ heads }: Pick<DecoderSpec, 'heads'>, length: number, budget: number): number {
  const perRow = 3 * 4 * heads * length;
  return Math.max(1, Math.min(BLOCK_ROWS, Math.floor(budget / perRow)));
}

/** What runs of rows cost, in layer-rows. */
export function passageCost(runs: readonly Span[], layers: number): number {
  return layers * runs.reduce((sum, [start, end]) => sum + end - start + WEIGHT_ROWS, 0);
}

/** What is the same for all rows of a sequence. */
export interface Place {
  readonly sight: Sight;
  readonly positions: Positions;
}

/** Rows that enter the first layer. */
export interface EnteringRows {
  /** `[n, H]` */
  readonly rows: Float32Array;
  /** Where the picture is among them and its features are added to later layers as well. */
  readonly added?: Added;
}

export class Passage {
  /** The sequence's row that comes first. */
  private readonly start: number;
  private readonly rows: Float32Array;
  private readonly runs: readonly Span[];
  /** The run that is on its way, the layer it comes to, and its rows `[n, H]` as they go into that. */
  private at = 0;
  private layer = 0;
  private entering: Float32Array;
  private final: Float32Array | undefined;
  /** Of the last call, by layer and row. */
  private seconds: number | undefined;

  /** Runs rows over what the cache holds and adds them to it, `block` at a time. */
  constructor(
    private readonly decoder: Decoder,
    private readonly place: Place,
    readonly cache: Cache,
    { rows, added }: EnteringRows,
    block: number,
  ) {
    this.start = cache.length;
    this.rows = rows;
    this.runs = place.sight.runs(this.start, this.start + rows.length / decoder.spec.hidden, block);
    if (added) cache.add(added);
    this.entering = this.runAt(0);
  }

  /** What is still to be done, in layer-rows. */
  get left(): number {
    const { hidden, layers } = this.decoder.spec;
    const all = passageCost(this.runs.slice(this.at), layers);
    return all - this.layer * (this.entering.length / hidden + WEIGHT_ROWS);
  }

  /** Bytes held beside the cache. */
  get bytes(): number {
    return this.rows.byteLength + (this.layer > 0 ? this.entering.byteLength : 0);
  }

  /**
   * @param between called after each call; what it throws stops the run, which may be run again
   * @param callSeconds how long a call should take
   * @returns the last row's residual after the last layer, `[H]`
   */
  async run(between: () => Promise<void>, callSeconds: number): Promise<Float32Array> {
    const { hidden, layers } = this.decoder.spec;
    while (this.entering.length > 0) {
      const end = Math.min(layers, this.layer + this.layersFor(callSeconds));
      const out = await this.call(end);
      if (end < layers) [this.layer, this.entering] = [end, out];
      else {
        this.cache.length += this.entering.length / hidden;
        this.at++;
        this.final = out;
        [this.layer, this.entering] = [0, this.runAt(this.at)];
      }
      await between();
    }
    if (!this.final) throw failed('a sequence without rows cannot run');
    return this.final;
  }

  private runAt(at: number): Float32Array {
    const { hidden } = this.decoder.spec;
    if (at >= this.runs.length) return this.rows.subarray(this.rows.length);
    const [start, end] = this.runs[at];
    return this.rows.subarray((start - this.start) * hidden, (end - this.start) * hidden);
  }

  private layersFor(callSeconds: number): number {
    const { hidden, intermediate, kvHeads, headDim } = this.decoder.spec;
    const rows = this.entering.length / hidden + WEIGHT_ROWS;
    const weights = hidden * (2 * hidden + 2 * kvHeads * headDim + 3 * intermediate);
    const seconds = this.seconds ?? (2 * weights) / ASSUMED_SPEED;
    return Math.max(1, Math.floor(callSeconds / (seconds * rows)));
  }

  /** Layers up to `end`; the rows as they leave, or of the last layer the last row alone. */
  private async call(end: number): Promise<Float32Array> {
    const { spec } = this.decoder;
    const { cache, layer: start, entering } = this;
    const { sight, positions } = this.place;
    const rows = entering.length / spec.hidden;
    const layers = layerMasks(spec, sight, cache.length, rows).map((mask, l): LayerCall => ({
      ...(l === start ? { enter: entering } : {}),
      ...(l === spec.layers - 1 ? groupMask([undefined], mask, spec, 'last') : { allow: mask }),
    }));
    const began = performance.now();
    const out = await this.decoder.run({
      past: cache.length,
      rows,
      positions,
      added: cache.additions(cache.length, cache.length + rows),
      single: true,
      layers,
      span: [start, end],
      pastKeys: cache.keys,
      pastValues: cache.values,
      select: [rows - 1],
      selectRows: 1,
      keepAll: true,
    });
    this.seconds = (performance.now() - began) / 1000 / (end - start) / (rows + WEIGHT_ROWS);
    cache.write(out, start);
    return out.final;
  }
}
