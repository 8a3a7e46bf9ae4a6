/** Tokens [start, end) that hold a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where `text` begins in `whole`, every place, overlapping ones too. */
export function placesOf(whole: string, text: string): number[] {
  const places: number[] = [];
  if (text === '') return places;
  for (let at = whole.indexOf(text); at >= 0; at = whole.indexOf(text, at + 1)) places.push(at);
  return places;
}

/** The tokens that hold the characters [at, at + length) of the pieces put together. */
export function spanAt(pieces: readonly string[], at: number, length: number): Span {
  let loc = 0;
  let start: number | undefined;
  for (const [i, piece] of pieces.entries()) {
    loc += piece.length;
    if (start === undefined && loc > at) start = i;
    if (start !== undefined && loc >= at + length) return { start, end: i + 1 };
  }
  return { start: start ?? pieces.length, end: pieces.length };
}

/**
 * The published way to find a text among tokens: the token strings are put together, the text is searched in the
 * result, and the tokens that reach into it are taken (so a token that holds more than the text counts too).
 * @param nth which place, from 1
 * @returns undefined when the text does not stand there (so often)
 */
export function findSpan(pieces: readonly string[], text: string, nth = 1): Span | undefined {
  const at = placesOf(pieces.join(''), text)[nth - 1];
  return at === undefined ? undefined : spanAt(pieces, at, text.length);
}
