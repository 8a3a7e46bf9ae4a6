/** A checkpoint ready to answer: opens it, prepares examples. */
import { closeFiles } from '../checkpoint/read';
import { openTokenizer, type Tokenizer } from '../checkpoint/tokenizer';
import type { QuestionInput } from '../experiment/types';
import { openCheckpoint } from '../families';
import type { ModelSpec } from '../spec';
import type { Model } from './api';
import { step } from './control';
import { OpenExample } from './example';
import { Parts } from './parts';
import type { EnteringRows } from './passage';
import { Positions } from './positions';
import { type PreparedQuestion, Questions } from './questions';
import { Sequence } from './sequence';
import { Sight } from './sight';
import type { Device, EngineOptions, ExampleInfo, ModelInfo, RunControl } from './types';

/**
 * @param directory a checkpoint folder as Hugging Face or LLaVA wrote it
 * @throws CrossflowError `usage` when it cannot be used, naming the file and the reason
 */
export async function openModel(directory: string, options: EngineOptions = {}): Promise<OpenModel> {
  const spec = await openCheckpoint(directory);
  const tokenizer = await openTokenizer(spec);
  return new OpenModel(spec, tokenizer, await Parts.create(spec, options));
}

export class OpenModel implements Model {
  constructor(
    readonly spec: ModelSpec,
    private readonly tokenizer: Tokenizer,
    /** The sessions themselves, for tests and benches. */
    readonly parts: Parts,
    private readonly questions = new Questions(spec, tokenizer),
  ) {}

  get info(): ModelInfo {
    return modelInfo(this.spec, this.parts.device);
  }

  get options(): EngineOptions {
    return this.parts.options;
  }

  get cacheBytes(): number {
    return this.parts.prefixes.bytes;
  }

  get chunkBudget(): number {
    return this.parts.chunkBudget;
  }

  async prepare(question: QuestionInput, control?: RunControl & { readonly lenient?: boolean }): Promise<OpenExample> {
    await step(control, 'image', 0, 1);
    const prepared = await this.questions.prepare(question, control?.lenient);
    const { info, image, encoded, setsOf } = prepared;
    const { length: start } = encoded.before;
    const sight = new Sight(info.both);
    const picture = start + info.imageTokens;
    const marks = encoded.image.filter((id) => id !== this.spec.prompt.imageTokenId);
    // Where rows of the picture see the question, nothing is left that questions could share.
    const prefix = sight.cut(picture);
    const { positions } = image.prepared.layout;
    const after = (): Promise<Float32Array> => this.parts.embed(encoded.after);
    const sequence = new Sequence(this.parts, {
      length: info.tokens.length,
      sight,
      positions: new Positions(this.spec.firstPosition, positions && { start, ...positions }),
      prefix,
      prefixKey: JSON.stringify([image.key, encoded.before, marks]),
      prefixRows: () => (prefix < picture ? NO_ROWS : this.pictureRows(prepared)),
      textRows: async () => {
        if (prefix === picture) return { rows: await after() };
        const { rows, ...added } = await this.pictureRows(prepared);
        return { rows: joined([rows, await after()]), ...added };
      },
    });
    const make = (own: ExampleInfo, shared: Sequence): OpenExample =>
      new OpenExample(own, shared, this.parts, this.tokenizer, question.answer, (definitions) =>
        make({ ...own, sets: setsOf(definitions) }, shared.share()),
      );
    return make(info, sequence);
  }

  /** What stands before the picture, and its own rows. */
  private async pictureRows({ image, encoded }: PreparedQuestion): Promise<EnteringRows> {
    const { features, taps } = await (await this.parts.vision()).features(image.prepared);
    const before = await this.parts.embed(encoded.before);
    const { hidden } = this.spec.decoder;
    const marks = image.prepared.layout.sources.flatMap((source, i) => ('text' in source ? [i] : []));
    const texts = await this.parts.embed(marks.map((i) => encoded.image[i]));
    marks.forEach((i, k) => features.set(texts.subarray(k * hidden, (k + 1) * hidden), i * hidden));
    const rows = joined([before, features]);
    return taps.length > 0 ? { rows, added: { start: encoded.before.length, features: taps } } : { rows };
  }

  async close(): Promise<void> {
    try {
      await this.parts.close();
    } finally {
      await closeFiles(this.spec.files.map((f) => f.path));
    }
  }
}

const NO_ROWS = Promise.resolve<EnteringRows>({ rows: new Float32Array(0) });

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function modelInfo(spec: ModelSpec, device: Device): ModelInfo {
  const { decoder, eye } = spec;
  const counts = new Set(eye.samples.map((size) => eye.layOut(size, eye.aspects[0]).sources.length));
  return {
    family: spec.family,
    directory: spec.directory,
    layout: spec.layout,
    dtype: spec.dtype,
    layers: decoder.layers,
    heads: decoder.heads,
    kvHeads: decoder.kvHeads,
    hidden: decoder.hidden,
    vocab: decoder.vocab,
    parameters: spec.parameters,
    weightBytes: spec.files.reduce((sum, f) => sum + f.bytes, 0),
    device,
    sized: eye.limits !== undefined,
    notes: spec.notes,
    // Where it does not hang on the picture.
    ...(counts.size === 1 && { imageTokens: [...counts][0] }),
  };
}
