/** The words whose probability the study follows through the layers, by their published column names. */
import type { Candidate } from '../engine/types';
import { shortest32 } from './numbers';
import type { BestWords } from '../journal/record';

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

/** The best words of every layer as a journal holds them: each text once, for layers share most of theirs. */
export function packWords(rows: readonly (readonly Pick<Candidate, 'text' | 'probability'>[])[]): BestWords {
  const numbers = new Map<string, number>();
  const number = (text: string): number => {
    const known = numbers.get(text) ?? numbers.size;
    numbers.set(text, known);
    return known;
  };
  const words = rows.map((row) => row.map((c) => number(c.text)));
  return { texts: [...numbers.keys()], words, scores: rows.map((row) => row.map((c) => shortest32(c.probability))) };
}

/** One row's words and probabilities again. */
export function unpackWords({ texts, words, scores }: BestWords, row: number): { text: string; score: number }[] {
  return (words[row] ?? []).map((word, i) => ({ text: texts[word] ?? '', score: scores[row]?.[i] ?? 0 }));
}
