/**
 * How added tokens are cut out of a text before anything else sees it, as Rust's `tokenizers` does it.
 * Source: github.com/huggingface/tokenizers, tokenizers/src/tokenizer/added_vocabulary.rs (`find_matches`).
 */

/** An added token as a pattern: its text, or what the normaliser makes of it. */
export interface AddedPattern {
  readonly text: string;
  /** The token's string, as the vocabulary has it. */
  readonly token: string;
  /** Only where no letter, digit or underscore stands beside it. */
  readonly singleWord: boolean;
  /** Takes the whitespace to its left along. */
  readonly leftStrip: boolean;
  /** Takes the whitespace to its right along. */
  readonly rightStrip: boolean;
}

/** A part of a text: an added token, or text between added tokens that begins at `start` (UTF-16 units). */
export type Piece = { readonly token: string } | { readonly text: string; readonly start: number };

// `\w` and `\s` of Rust's regex crate, which follow Unicode where JavaScript's do not
const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const WORD_AT_END = new RegExp(`${WORD}$`, 'u');
const WORD_AT_START = new RegExp(`^${WORD}`, 'u');
const SPACE_AT_END = /\p{White_Space}*$/u;
const SPACE_AT_START = /^\p{White_Space}*/u;

/** Finds added tokens in texts. */
export class AddedVocabulary {
  /** By first character, longest first; of equal texts the first one given. */
  private readonly patterns = new Map<string, AddedPattern[]>();

  constructor(patterns: readonly AddedPattern[]) {
    for (const pattern of patterns) {
      const [first] = pattern.text;
      if (first === undefined) continue;
      const same = this.patterns.get(first) ?? [];
      same.push(pattern);
      this.patterns.set(first, same);
    }
    for (const same of this.patterns.values()) same.sort((a, b) => b.text.length - a.text.length);
  }

  /** The text as added tokens and what stands between them; empty parts are left out. */
  split(text: string): Piece[] {
    const pieces: Piece[] = [];
    let done = 0;
    const textUpTo = (end: number): void => {
      if (done < end) pieces.push({ text: text.slice(done, end), start: done });
    };
    for (const { at, pattern } of this.matches(text)) {
      let start = at;
      let end = at + pattern.text.length;
      if (pattern.singleWord && (WORD_AT_END.test(text.slice(0, start)) || WORD_AT_START.test(text.slice(end))))
        continue;
      // whitespace that the token before has taken is taken
      if (pattern.leftStrip) start = Math.max(SPACE_AT_END.exec(text.slice(0, start))!.index, done);
      if (pattern.rightStrip) end += SPACE_AT_START.exec(text.slice(end))![0].length;
      textUpTo(start);
      pieces.push({ token: pattern.token });
      done = end;
    }
    textUpTo(text.length);
    return pieces;
  }

  /** From left to right the longest pattern at each place, none inside another. */
  private *matches(text: string): Generator<{ at: number; pattern: AddedPattern }> {
    if (this.patterns.size === 0) return;
    let at = 0;
    let behind = 0;
    for (const character of text) {
      const begins = at;
      at += character.length;
      if (begins < behind) continue;
      const pattern = this.patterns.get(character)?.find((p) => text.startsWith(p.text, begins));
      if (pattern === undefined) continue;
      behind = begins + pattern.text.length;
      yield { at: begins, pattern };
    }
  }
}
