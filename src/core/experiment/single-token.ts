/** Which single tokens a set can hold. Pure and small: the panel asks it too, through the protocol. */

export interface PromptTokens {
  readonly tokens: readonly { readonly text: string }[];
  /** Position of the first image token. */
  readonly imageStart: number;
  readonly imageTokens: number;
  /** Positions by set. */
  readonly sets: Readonly<Record<string, readonly number[]>>;
}

/** The name of a set that holds this token and nothing else, if the example has one. */
export const setOfToken = (example: PromptTokens, position: number): string | undefined =>
  Object.entries(example.sets).find(([, at]) => at.length === 1 && at[0] === position)?.[0];

/**
 * Can an edge name this token? Patches have numbers, and words after the image can be found by their text. What stands
 * before the image cannot, nor can blanks or part of a letter (a token of bytes).
 */
export function canBeSet(example: PromptTokens, position: number): boolean {
  if (setOfToken(example, position) !== undefined) return true;
  if (position < example.imageStart) return false;
  if (position < example.imageStart + example.imageTokens) return true;
  const text = example.tokens[position]?.text.trim() ?? '';
  return text !== '' && !text.includes('\uFFFD');
}
