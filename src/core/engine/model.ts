/** A checkpoint ready to answer: opens it, prepares examples. */
import { closeFiles, openCheckpoint, openTokenizer, type Tokenizer } from '../checkpoint';
import type { ModelSpec } from '../checkpoint/spec';
import type { QuestionInput } from '../experiment/types';
import type { Model } from './api';
import { step } from './control';
import { OpenExample } from './example';
import { Parts } from './parts';
import { Questions } from './questions';
import { Sequence } from './sequence';
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
    const { info, image, encoded, setsOf } = await this.questions.prepare(question, control?.lenient);
    const sequence = new Sequence(this.parts, {
      length: info.tokens.length,
      prefix: encoded.before.length + info.imageTokens,
      prefixKey: JSON.stringify([image.key, encoded.before]),
      prefixRows: async () => {
        const features = await (await this.parts.vision()).features(image.prepared);
        const before = await this.parts.embed(encoded.before);
        const rows = new Float32Array(before.length + features.length);
        rows.set(before);
        rows.set(features, before.length);
        return rows;
      },
      textRows: () => this.parts.embed(encoded.after),
    });
    const make = (own: ExampleInfo, shared: Sequence): OpenExample =>
      new OpenExample(own, shared, this.parts, this.tokenizer, question.answer, (definitions) =>
        make({ ...own, sets: setsOf(definitions) }, shared.share()),
      );
    return make(info, sequence);
  }

  async close(): Promise<void> {
    try {
      await this.parts.close();
    } finally {
      await closeFiles(this.spec.files.map((f) => f.path));
    }
  }
}

export function modelInfo(spec: ModelSpec, device: Device): ModelInfo {
  const { decoder, vision } = spec;
  const side = Math.floor(vision.imageSize / vision.patchSize);
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
    // Anyres depends on the picture.
    ...(spec.aspect === 'anyres' ? {} : { imageTokens: side * side + (vision.select === 'full' ? 1 : 0) }),
  };
}
