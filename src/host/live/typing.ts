/**
 * When a text that is being typed is run. A new question costs a clean run; where that is known to take its time, a
 * typist's pauses must be longer before it is begun anew. Changes that cost none are run as soon as the keys rest.
 */

/** Between two keys of a typist; shorter would start runs that the next key ends. */
const SHORTEST_MS = 250;
/** Longer, and it would look as if nothing happened. */
const LONGEST_MS = 2000;
/** A pause costs at most this share of the clean run that it may save. */
const SHARE = 0.25;

/** @param cost what the clean run that the text asks for takes, in milliseconds; 0: it asks for none */
export const typingPause = (cost: number): number => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, SHARE * cost));
