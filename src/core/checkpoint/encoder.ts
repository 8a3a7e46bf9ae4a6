/**
 * Text to ids by a tokenizer.json. @huggingface/tokenizers has the normaliser, the pre-tokeniser, the model and the
 * post-processor; added tokens are cut out here, because that package knows neither `single_word` nor Unicode's
 * whitespace, finds normalised tokens where Rust does not, and lets its model build added tokens from letters. A test
 * holds the ids against Python's `tokenizers`.
 */
import { Tokenizer as Library } from '@huggingface/tokenizers';
import type { AddedToken } from './added-tokens';
import { AddedVocabulary, type AddedPattern } from './added-vocabulary';

export class Encoder {
  private readonly library: Library;
  private readonly ids = new Map<string, number>();
  private readonly tokens = new Map<number, string>();
  /** Those that are found in the text as it is, and those that are found in what the normaliser makes of it. */
  private readonly plain: AddedVocabulary;
  private readonly normalized: AddedVocabulary;

  /**
   * @param json tokenizer.json
   * @param added its `added_tokens`
   * @param config tokenizer_config.json
   * @throws Error when a part is unknown to the library
   */
  constructor(json: Readonly<Record<string, unknown>>, added: readonly AddedToken[], config: object) {
    this.library = new Library(json, config);
    const model = this.library.model!;
    const vocabulary = vocabularyOf(json);
    for (const { content, id } of added) {
      this.ids.set(content, id);
      this.tokens.set(id, content);
      // the library adds them to the model's own vocabulary, where they would be found inside of words
      if (!vocabulary(content)) model.tokens_to_ids.delete(content);
    }
    const normalizer = (text: string): string => this.library.normalizer?.(text) ?? text;
    const of = (normalized: boolean): AddedVocabulary =>
      new AddedVocabulary(
        // special ones first, as Rust's `refresh_added_tokens` goes through them
        [...added.filter((t) => t.special), ...added.filter((t) => !t.special)]
          .filter((t) => t.normalized === normalized)
          .map((t): AddedPattern => ({
            text: normalized ? normalizer(t.content) : t.content,
            token: t.content,
            singleWord: t.single_word,
            leftStrip: t.lstrip,
            rightStrip: t.rstrip,
          })),
      );
    this.plain = of(false);
    this.normalized = of(true);
  }

  /** @param options.special whether the post-processor adds its own special tokens (bos) */
  encode(text: string, { special }: { readonly special: boolean }): number[] {
    const tokens = this.plain.split(text).flatMap((piece) => {
      if ('token' in piece) return [piece.token];
      const { normalizer } = this.library;
      return this.tokensOf(normalizer ? normalizer(piece.text) : piece.text, piece.start === 0);
    });
    const { post_processor: process } = this.library;
    const all = process ? process(tokens, null, special).tokens : tokens;
    const { tokens_to_ids: ids, unk_token_id: unknown } = this.library.model!;
    return all.map((token) => this.ids.get(token) ?? ids.get(token) ?? unknown).filter((id) => id !== undefined);
  }

  /** Tokens of a normalised piece. @param first whether it begins where the whole text begins */
  private tokensOf(text: string, first: boolean): string[] {
    const { pre_tokenizer: words, model } = this.library;
    return this.normalized.split(text).flatMap((piece) => {
      if ('token' in piece) return [piece.token];
      // Metaspace may put a space before the first piece only
      const index = first && piece.start === 0 ? 0 : 1;
      return model!(words ? words(piece.text, { section_index: index }) : [piece.text]);
    });
  }

  id(token: string): number | undefined {
    return this.ids.get(token) ?? this.library.model!.tokens_to_ids.get(token);
  }

  token(id: number): string | undefined {
    return this.tokens.get(id) ?? this.library.id_to_token(id);
  }

  /** Text of tokens, by the decoder; undefined where tokenizer.json has none. */
  decodeTokens(tokens: readonly string[]): string | undefined {
    return this.library.decoder?.decode([...tokens]);
  }

  /** @param cleanUp whether blanks before punctuation are dropped; off unless asked for, as in Python */
  decode(ids: readonly number[], cleanUp: boolean): string {
    return this.library.decode([...ids], { clean_up_tokenization_spaces: cleanUp });
  }
}

/** Whether a string is in the model's own vocabulary: an object of ids (BPE, WordPiece), or a list of pairs (Unigram). */
function vocabularyOf(json: Readonly<Record<string, unknown>>): (token: string) => boolean {
  const { vocab } = (json['model'] ?? {}) as { readonly vocab?: unknown };
  if (Array.isArray(vocab)) {
    const texts = new Set(vocab.map((entry: unknown) => (Array.isArray(entry) ? (entry[0] as unknown) : undefined)));
    return (token) => texts.has(token);
  }
  return (token) => typeof vocab === 'object' && vocab !== null && Object.hasOwn(vocab, token);
}
