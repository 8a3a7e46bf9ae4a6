/**
 * Texts that quote added tokens, `</s>` for example. Python reads such a token as what it is, and the text around it gets
 * or loses whitespace: a piece after it may begin with a blank of its own, and a token may take its neighbours along. The
 * published search, which compares strings, then finds nothing. Here everything but whitespace is compared.
 */
import { placesOf, spanAt, type Span } from './spans';

const WHITESPACE = /\p{White_Space}/gu;

/** UTF-8 bytes of a text without its whitespace, one character (0-255) each. */
const squeezed = (text: string): string => Buffer.from(text.replace(WHITESPACE, ''), 'utf8').toString('latin1');

export class QuotedText {
  private readonly pieces: readonly string[];
  private readonly whole: string;

  /** @param bytes the tokens' bytes, as Tokenizer.bytePieces gives them */
  constructor(bytes: readonly string[]) {
    // the blanks of a text are ASCII almost always; others stand in tokens of their own or not at all
    this.pieces = bytes.map((piece) => piece.replace(/[\t-\r ]/g, ''));
    this.whole = this.pieces.join('');
  }

  /** The tokens of the nth place of a text. */
  find(text: string, nth = 1): Span | undefined {
    const wanted = squeezed(text);
    const at = placesOf(this.whole, wanted)[nth - 1];
    return at === undefined ? undefined : this.span(at, wanted.length);
  }

  /** The tokens of a word that begins at `offset` of a wider text, at that text's first place. */
  findInside(word: string, offset: number, inside: string): Span | undefined {
    const at = placesOf(this.whole, squeezed(inside))[0];
    return at === undefined
      ? undefined
      : this.span(at + squeezed(inside.slice(0, offset)).length, squeezed(word).length);
  }

  private span(at: number, length: number): Span | undefined {
    return length === 0 ? undefined : spanAt(this.pieces, at, length);
  }
}
