/**
 * Rows on their way through the layers of a clean run. A call of ONNX Runtime cannot be interrupted, so a long way is cut
 * into calls of some layers each: in between, a run says how far it is and may stop. What was stopped goes on from the
 * layer where it stood. The cut moves no digit: each layer computes the same from the same rows.
 */
import type { DecoderSpec } from '../checkpoint/spec';
import { failed } from '../errors';
import type { Cache } from './cache';
import type { Decoder, LayerCall } from './decoder';
import { causalMask, groupMask } from './masks';

/** Rows of one call: beyond this, larger calls are not faster and only take memory. */
const BLOCK_ROWS = 1024;
/** Seconds of a call. Calls this long cost nothing measurable beyond the work itself. */
export const CALL_SECONDS = 0.25;
/** What a slow machine does in a second, in multiplications and additions: for the first call, before one was timed. */
const ASSUMED_SPEED = 2e10;
/** Reading a layer's weights takes about as long as so many rows (f16, docs/decisions.md); counted with each block. */
const WEIGHT_ROWS = 32;

/** Rows that the clean run of `length` tokens takes at a time: their scores fit the chunk budget. */
export function blockRows({ heads }: Pick<DecoderSpec, 'heads'>, length: number, budget: number): number {
  const perRow = 3 * 4 * heads * length;
  return Math.max(1, Math.min(BLOCK_ROWS, Math.floor(budget / perRow)));
}

/** What so many rows cost, in layer-rows. */
export function passageCost(rows: number, block: number, layers: number): number {
  return layers * (rows + WEIGHT_ROWS * Math.ceil(rows / block));
}

export class Passage {
  /** First row of the block that is on its way, the layer it comes to, and its rows `[n, H]` as they go into that. */
  private first = 0;
  private layer = 0;
  private entering: Float32Array;
  private final: Float32Array | undefined;
  /** Of the last call, by layer and row. */
  private seconds: number | undefined;

  /** Runs `rows [n, H]` over what the cache holds and adds them to it, `block` at a time. */
  constructor(
    private readonly decoder: Decoder,
    readonly cache: Cache,
    private readonly rows: Float32Array,
    private readonly block: number,
  ) {
    this.entering = this.blockAt(0);
  }

  /** What is still to be done, in layer-rows. */
  get left(): number {
    const { hidden, layers } = this.decoder.spec;
    const all = passageCost(this.rows.length / hidden - this.first, this.block, layers);
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
        const rows = this.entering.length / hidden;
        this.cache.length += rows;
        this.first += rows;
        this.final = out;
        [this.layer, this.entering] = [0, this.blockAt(this.first)];
      }
      await between();
    }
    if (!this.final) throw failed('a sequence without rows cannot run');
    return this.final;
  }

  private blockAt(row: number): Float32Array {
    const { hidden } = this.decoder.spec;
    return this.rows.subarray(row * hidden, (row + this.block) * hidden);
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
    const rows = entering.length / spec.hidden;
    const causal = causalMask(cache.length, rows);
    const layers = Array.from({ length: spec.layers }, (_, l): LayerCall => ({
      ...(l === start ? { enter: entering } : {}),
      ...(l === spec.layers - 1 ? groupMask([undefined], causal, spec, 'last') : { allow: causal }),
    }));
    const began = performance.now();
    const out = await this.decoder.run({
      past: cache.length,
      rows,
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
