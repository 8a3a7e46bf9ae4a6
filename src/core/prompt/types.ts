/** A conversation template by name; which there are, families/choices.ts says. */
export type TemplateName = string;

/** A token set of the user's own. */
export type SetDefinition =
  | { readonly kind: 'patches'; readonly patches: readonly number[] }
  /** The nth place (from 1) the text stands after the image. */
  | { readonly kind: 'text'; readonly text: string; readonly nth: number }
  /** Image patches that are not in the other set. */
  | { readonly kind: 'not'; readonly of: string };

/** A filled prompt as token ids. */
export interface EncodedPrompt {
  /** The filled template, with the image token's text once. */
  readonly text: string;
  /** Ids before the image (with bos, as the tokenizer adds it) and after it. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Ids of the image run, one for each of the layout's tokens; marks between its parts have their own. */
  readonly image: readonly number[];
  /** before + image token id once + after. */
  readonly inputIds: readonly number[];
}

/** Token positions in the expanded sequence (image token replaced by all its patches), ascending, by set name. */
export type TokenSets = Readonly<Record<string, readonly number[]>>;
