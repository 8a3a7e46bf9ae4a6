/** The running parts of one model, shared by its examples. */
import { readRows } from '../checkpoint/read';
import { decoderMatrices } from '../checkpoint/refs';
import { isQuantized, type ModelSpec } from '../spec';
import { Decoder } from './decoder';
import { Head } from './head';
import { DEFAULT_CHUNK_BUDGET, isMapped } from './limits';
import { Prefixes } from './prefixes';
import { commonFolder, type WeightStore } from './session';
import { Tower } from './tower';
import type { Device, EngineOptions } from './types';

/** How a checkpoint's weights are held. */
export function weightStore(spec: ModelSpec): WeightStore {
  const packs4 = decoderMatrices(spec).some((m) => isQuantized(m) && m.bits === 4);
  return { folder: commonFolder(spec.files.map((f) => f.path)), mapped: isMapped(spec), packs4 };
}

export class Parts {
  readonly prefixes = new Prefixes();
  readonly chunkBudget: number;
  readonly device: Device;
  private tower?: Promise<Tower>;

  private constructor(
    readonly spec: ModelSpec,
    readonly decoder: Decoder,
    readonly head: Head,
    private readonly weights: WeightStore,
    readonly options: EngineOptions,
  ) {
    this.chunkBudget = options.chunkBudget ?? DEFAULT_CHUNK_BUDGET;
    this.device = options.device ?? 'cpu';
  }

  static async create(spec: ModelSpec, options: EngineOptions): Promise<Parts> {
    const weights = weightStore(spec);
    const decoder = await Decoder.create(spec.decoder, weights, options);
    return new Parts(spec, decoder, await Head.create(spec.decoder, weights, options), weights, options);
  }

  /** The vision tower, loaded when the first image comes. */
  vision(): Promise<Tower> {
    this.tower ??= Tower.create(this.spec, this.weights, this.options).catch((e: unknown) => {
      // What kept it from loading may be gone the next time.
      this.tower = undefined;
      throw e;
    });
    return this.tower;
  }

  /** A second decoder that also tells what its weights are multiplied with; the caller closes it. */
  calibrationDecoder(): Promise<Decoder> {
    return Decoder.create(this.spec.decoder, this.weights, this.options, { grams: true });
  }

  /** Rows of tokens of text as they enter the decoder, `[n, H]`, read from the file: no copy of the matrix is held. */
  async embed(tokens: readonly number[]): Promise<Float32Array> {
    const { weights, embeddingScale } = this.spec.decoder;
    const rows = await readRows(weights.embedding, tokens);
    if (embeddingScale === undefined) return rows;
    const scale = Math.fround(embeddingScale);
    return rows.map((value) => value * scale);
  }

  async close(): Promise<void> {
    await Promise.all([
      this.decoder.close(),
      this.head.close(),
      this.tower?.then(
        (t) => t.close(),
        () => undefined,
      ),
    ]);
  }
}
