import { distance } from 'fastest-levenshtein';

/**
 * The known name nearest to a mistyped one, or undefined when none is near: at most a third of the longer name may
 * differ, case apart, but always two swapped letters. Equal distances go to the first.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.trim().toLowerCase();
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const edits = distance(wanted, candidate.toLowerCase());
    const length = Math.max(wanted.length, candidate.length);
    if (edits < least && edits <= (length < 4 ? 1 : Math.max(2, Math.floor(length / 3)))) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}
