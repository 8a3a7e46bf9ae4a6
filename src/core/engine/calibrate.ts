/** What the decoder's weights are multiplied with in given examples: what rounding them should be good at. */
import { GRAMS } from '../graph/decoder';
import type { DecoderLayerRef } from '../spec';
import { step } from './control';
import type { Decoder, LayerCall } from './decoder';
import type { OpenExample } from './example';
import { layerMasks } from './masks';
import type { Parts } from './parts';
import { blockRows } from './passage';
import type { CleanRun } from './sequence';
import type { RunControl } from './types';

/** The weights that are multiplied with each of `GRAMS`. */
const READERS: Readonly<
  Record<(typeof GRAMS)[number], (w: DecoderLayerRef) => { readonly weight: { name: string } }[]>
> = {
  attention: (w) => [w.query, w.key, w.value],
  mixed: (w) => [w.output],
  mlp: (w) => [w.gate, w.up],
  inner: (w) => [w.down],
};

/**
 * Square roots of what each row counts. Image tokens are many and much alike, and the answer hangs on the last token:
 * the image's, the others and the last count a third each.
 */
function rowWeights(isImage: readonly boolean[]): Float32Array {
  const last = isImage.length - 1;
  const image = isImage.filter((is, i) => is && i < last).length;
  const share = (count: number): number => Math.sqrt(isImage.length / 3 / Math.max(1, count));
  return Float32Array.from(isImage, (is, i) => share(i === last ? 1 : is ? image : last - image));
}

/** Adds up the grams of graph/decoder.ts over examples. */
export class Calibration {
  private readonly sums = new Map<string, Float32Array>();
  /** Tokens seen. */
  rows = 0;

  private constructor(
    private readonly parts: Parts,
    private readonly decoder: Decoder,
  ) {}

  static async create(parts: Parts): Promise<Calibration> {
    return new Calibration(parts, await parts.calibrationDecoder());
  }

  async add(example: OpenExample, control?: RunControl): Promise<void> {
    const { tokens } = example.info;
    const weights = rowWeights(tokens.map((t) => t.kind === 'image'));
    await example.sequence.using(control, (clean) => this.addRows(clean, weights, control));
    this.rows += tokens.length;
  }

  /** By the weight's name: `[ceil(width / 128), 128, 128]`, see quantize/compensate.ts. */
  grams(name: string): Float32Array | undefined {
    return this.sums.get(name);
  }

  close(): Promise<void> {
    return this.decoder.close();
  }

  private async addRows(
    { cache, sight, positions }: CleanRun,
    weights: Float32Array,
    control?: RunControl,
  ): Promise<void> {
    const { spec } = this.decoder;
    const { length } = weights;
    const block = blockRows(spec, length, this.parts.chunkBudget);
    for (const [past, end] of sight.runs(0, length, block)) {
      const rows = end - past;
      const enter = cache.residualRows(0, past, end);
      const layers = layerMasks(spec, sight, past, rows).map((allow, l): LayerCall => ({
        ...(l === 0 ? { enter } : {}),
        allow,
      }));
      const select = Array.from({ length: rows }, (_, i) => i);
      const { keys: pastKeys, values: pastValues } = cache;
      const added = cache.additions(past, end);
      const call = {
        past,
        rows,
        positions,
        added,
        single: true,
        layers,
        pastKeys,
        pastValues,
        select,
        selectRows: rows,
      };
      const { grams } = await this.decoder.run({ ...call, grams: weights.slice(past, end) });
      grams.forEach((sums, l) => this.addLayer(spec.weights.layers[l], sums));
      await step(control, 'clean', end, length);
    }
  }

  private addLayer(layer: DecoderLayerRef, sums: readonly Float32Array[]): void {
    GRAMS.forEach((name, i) => {
      const readers = READERS[name](layer);
      const [first] = readers;
      const sum = this.sums.get(first.weight.name);
      if (sum) for (let j = 0; j < sum.length; j++) sum[j] += sums[i][j];
      // all that read the same input share one sum
      else for (const reader of readers) this.sums.set(reader.weight.name, sums[i]);
    });
  }
}
