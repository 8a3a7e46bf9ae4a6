/** A checkpoint ready to answer: opens it, prepares examples. */
import { closeFiles, openCheckpoint, openTokenizer, type Tokenizer } from '../checkpoint';
import type { ModelSpec } from '../checkpoint/spec';
import type { QuestionInput } from '../experiment/types';
import { buildSets, encodePrompt } from '../prompt';
import type { EncodedPrompt, TokenSets } from '../prompt/types';
import { patchesInBoxes } from '../vision';
import type { Model } from './api';
import { step } from './control';
import { OpenExample } from './example';
import { Images, type LoadedImage } from './images';
import { Parts } from './parts';
import { Sequence } from './sequence';
import type { EngineOptions, ExampleInfo, ModelInfo, RunControl, TokenInfo } from './types';

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
  private readonly images: Images;

  constructor(
    readonly spec: ModelSpec,
    private readonly tokenizer: Tokenizer,
    /** The sessions themselves, for tests and benches. */
    readonly parts: Parts,
  ) {
    this.images = new Images(spec);
  }

  get info(): ModelInfo {
    return modelInfo(this.spec);
  }

  get cacheBytes(): number {
    return this.parts.prefixes.bytes;
  }

  async prepare(question: QuestionInput, control?: RunControl): Promise<OpenExample> {
    await step(control, 'image', 0, 1);
    const image = await this.images.load(question.image, question.aspect ?? this.spec.aspect);
    const encoded = encodePrompt(this.tokenizer, this.spec, question);
    const setsOf = this.setsMaker(question, image, encoded);
    const info = exampleInfo(this.spec, this.tokenizer, encoded, image, setsOf(question.sets));
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

  /** The sets for given definitions. The boxes go through the picture's resize once, not at every click. */
  private setsMaker(
    question: QuestionInput,
    image: LoadedImage,
    encoded: EncodedPrompt,
  ): (definitions: QuestionInput['sets']) => TokenSets {
    const { objects } = question;
    const { geometry } = image.prepared;
    const input = {
      encoded,
      tokenizer: this.tokenizer,
      imageStart: encoded.before.length,
      geometry,
      ...(objects?.length
        ? { objectPatches: patchesInBoxes(image, objects, this.spec.processor, this.spec.vision, geometry.aspect) }
        : {}),
      question: question.question,
      ...(question.options ? { options: question.options } : {}),
      ...(question.objectName === undefined ? {} : { objectName: question.objectName }),
    };
    return (definitions) => buildSets({ ...input, definitions });
  }

  async close(): Promise<void> {
    await this.parts.close();
    await closeFiles(this.spec.files.map((f) => f.path));
  }
}

export function modelInfo(spec: ModelSpec): ModelInfo {
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
    // Anyres depends on the picture.
    ...(spec.aspect === 'anyres' ? {} : { imageTokens: side * side + (vision.select === 'full' ? 1 : 0) }),
  };
}

function exampleInfo(
  spec: ModelSpec,
  tokenizer: Tokenizer,
  encoded: EncodedPrompt,
  image: LoadedImage,
  sets: TokenSets,
): ExampleInfo {
  const token = (id: number): TokenInfo => ({
    id,
    text: tokenizer.tokenText(id),
    kind: tokenizer.isSpecial(id) ? 'special' : 'text',
  });
  const { geometry } = image.prepared;
  const patches = geometry.patches.map((): TokenInfo => ({
    id: spec.imageTokenId,
    text: spec.imageTokenText,
    kind: 'image',
  }));
  return {
    prompt: encoded.text,
    inputIds: encoded.inputIds,
    tokens: [...encoded.before.map(token), ...patches, ...encoded.after.map(token)],
    imageStart: encoded.before.length,
    imageTokens: geometry.patches.length,
    sets,
    geometry,
  };
}
