/** What is being typed at a place of a text: the string, number or bare word that completion replaces. Pure. */
import { createScanner } from 'jsonc-parser';

export interface Word {
  readonly offset: number;
  readonly length: number;
}

/** Kinds of tokens; a const enum in jsonc-parser, which a bundle of single files cannot read. */
const WORDS = [7, 8, 9, 10, 11, 16]; // null, true, false, strings, numbers, and what is no token, such as a word without quotes
const COMMENTS = [12, 13];
const END = 17;
const UNCLOSED_STRING = 2;

/** Empty between tokens; undefined inside a comment, where nothing is offered. */
export function wordAt(text: string, offset: number): Word | undefined {
  const scanner = createScanner(text, false);
  const next = (): number => scanner.scan();
  for (let kind = next(); kind !== END; kind = next()) {
    const start = scanner.getTokenOffset();
    const end = start + scanner.getTokenLength();
    if (start >= offset && !(start === offset && WORDS.includes(kind))) break;
    if (end < offset) continue;
    // A line comment goes on behind its last character.
    if (COMMENTS.includes(kind) && (offset < end || kind === COMMENTS[0])) return undefined;
    if (!WORDS.includes(kind)) continue;
    // A string without its closing quote reaches to the end of the line, over what is not meant.
    const error: number = scanner.getTokenError();
    const closed = error !== UNCLOSED_STRING;
    return { offset: start, length: (closed ? end : offset) - start };
  }
  return { offset, length: 0 };
}
