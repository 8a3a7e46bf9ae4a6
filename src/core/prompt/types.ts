/** A filled prompt as token ids. */
export interface EncodedPrompt {
  /** The filled template, with the image token's text once. */
  readonly text: string;
  /** Ids before the image (with bos, as the tokenizer adds it) and after it. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** before + image token id once + after. */
  readonly inputIds: readonly number[];
}

/** Token positions in the expanded sequence (image token replaced by all its patches), ascending, by set name. */
export type TokenSets = Readonly<Record<string, readonly number[]>>;
