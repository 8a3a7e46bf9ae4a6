/** Questions made ready without the decoder: picture, prompt, tokens, sets. Runs and plans share it. */
import { join } from 'node:path';
import type { Tokenizer } from '../checkpoint/tokenizer';
import { usage } from '../errors';
import type { QuestionInput } from '../experiment/types';
import { encodePrompt } from '../prompt/encode';
import { buildSets } from '../prompt/sets';
import type { EncodedPrompt, TokenSets } from '../prompt/types';
import type { Eye, ImageGeometry, ModelSpec } from '../spec';
import { patchesInBoxes } from '../vision/boxes';
import { eyeOf } from '../vision/eye';
import { Images, type LoadedImage } from './images';
import { blockOf } from './sight';
import type { ExampleInfo, Span, TokenInfo } from './types';

export interface PreparedQuestion {
  readonly info: ExampleInfo;
  readonly image: LoadedImage;
  readonly encoded: EncodedPrompt;
  /** The sets under other definitions. */
  readonly setsOf: (definitions: QuestionInput['sets']) => TokenSets;
}

export class Questions {
  private readonly images = new Images();

  constructor(
    private readonly spec: ModelSpec,
    private readonly tokenizer: Tokenizer,
  ) {}

  /**
   * `lenient`: a set of the user's own that this question cannot have is left out.
   * @throws CrossflowError `usage` on bad input
   */
  async prepare(question: QuestionInput, lenient = false): Promise<PreparedQuestion> {
    const eye = eyeOf(this.spec, question.pixels);
    const image = await this.images.load(question.image, eye, question.aspect ?? eye.aspects[0]);
    const { layout } = image.prepared;
    const encoded = encodePrompt(this.tokenizer, this.spec.prompt, question, layout);
    this.refuseLong(encoded.before.length + layout.sources.length + encoded.after.length);
    const setsOf = this.setsMaker(question, eye, image, encoded, lenient);
    return { info: this.info(encoded, image, setsOf(question.sets)), image, encoded, setsOf };
  }

  /** The study's own code would drop the end of such a prompt, and with it the question. */
  private refuseLong(tokens: number): void {
    const { maxTokens, directory } = this.spec;
    if (maxTokens === undefined || tokens <= maxTokens) return;
    const what = `the prompt has ${tokens} tokens, but tokenizer_model_max_length cuts it at ${maxTokens}`;
    throw usage(what, join(directory, 'config.json'), 'shorten the question, or choose another aspect');
  }

  /** The sets for given definitions. The boxes go through the picture's resize once, not at every click. */
  private setsMaker(
    question: QuestionInput,
    eye: Eye,
    image: LoadedImage,
    encoded: EncodedPrompt,
    lenient: boolean,
  ): (definitions: QuestionInput['sets']) => TokenSets {
    const { objects } = question;
    const { geometry } = image.prepared.layout;
    const input = {
      encoded,
      tokenizer: this.tokenizer,
      imageStart: encoded.before.length,
      geometry,
      ...(objects?.length ? { objectPatches: patchesInBoxes(image, objects, eye, geometry.aspect) } : {}),
      question: question.question,
      ...(question.options ? { options: question.options } : {}),
      ...(question.objectName === undefined ? {} : { objectName: question.objectName }),
    };
    return (definitions) => buildSets({ ...input, definitions, ...(lenient && { wrong: () => undefined }) });
  }

  private info(encoded: EncodedPrompt, image: LoadedImage, sets: TokenSets): ExampleInfo {
    const { spec, tokenizer } = this;
    const token = (id: number): TokenInfo => ({
      id,
      text: tokenizer.tokenText(id),
      kind: tokenizer.isSpecial(id) ? 'special' : 'text',
    });
    const { geometry } = image.prepared.layout;
    const { imageTokenId: id, imageTokenText: text } = spec.prompt;
    const patches = geometry.patches.map((patch, i): TokenInfo =>
      patch.kind === 'mark' ? token(encoded.image[i]) : { id, text, kind: 'image' },
    );
    const tokens = [...encoded.before.map(token), ...patches, ...encoded.after.map(token)];
    const imageStart = encoded.before.length;
    const both = blockOf(spec.sight, pictureOf(geometry, imageStart), tokens.length);
    return {
      prompt: encoded.text,
      inputIds: encoded.inputIds,
      tokens,
      imageStart,
      imageTokens: geometry.patches.length,
      ...(both && { both }),
      sets,
      geometry,
      ...(image.notes.length > 0 && { notes: image.notes }),
    };
  }
}

/** The picture's rows without the marks around it. */
export function pictureOf({ patches }: ImageGeometry, imageStart: number): Span {
  const own = patches.flatMap(({ kind }, i) => (kind === 'mark' ? [] : [i]));
  return [imageStart + (own[0] ?? 0), imageStart + (own.at(-1) ?? -1) + 1];
}
