/** The words whose probability the study follows through the layers, by their published column names. */
export const WORD_KINDS = [
  'Noncapitalized Answer',
  'Capitalized Answer',
  'Noncapitalized False Option',
  'Capitalized False Option',
] as const;
export type WordKind = (typeof WORD_KINDS)[number];

/** Python's str.capitalize(): first letter upper case, the rest lower case. */
export function capitalize(word: string): string {
  const [first = '', ...rest] = word;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/**
 * The published scripts follow the true option as the CSV writes it where there are options, else the answer in lower
 * case, and the same words capitalised.
 */
export function kindWords(row: {
  readonly answer: string;
  readonly options?: readonly [string, string] | undefined;
}): Partial<Record<WordKind, string>> {
  const answer = row.options ? row.options[0] : row.answer.toLowerCase();
  const wrong = row.options?.[1];
  return {
    'Noncapitalized Answer': answer,
    'Capitalized Answer': capitalize(answer),
    ...(wrong === undefined
      ? {}
      : { 'Noncapitalized False Option': wrong, 'Capitalized False Option': capitalize(wrong) }),
  };
}
