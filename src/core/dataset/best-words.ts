import type { Candidate } from '../engine/types';
import { shortest32 } from './numbers';
import type { BestWords } from '../journal/record';

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
