/** A name for a single token, so that an edge of the token-flow graph can stand in the config. */
import { isDeepStrictEqual } from 'node:util';
import type { ExampleInfo } from '../../core/engine/types';
import { usage } from '../../core/errors';
import { builtinSet } from '../../core/experiment/names';
import { canBeSet, setOfToken } from '../../core/experiment/single-token';
import type { SetDefinition } from '../../core/experiment/types';

/** By name; undefined where the definition cannot be read. */
type Sets = Readonly<Record<string, SetDefinition | undefined>>;

export interface TokenSet {
  readonly name: string;
  /** Left out when a set of that name holds just this token already. */
  readonly definition?: SetDefinition;
}

/** Throws `usage` for tokens that no set can hold; `canBeSet` says which. */
export function tokenSet(example: ExampleInfo, position: number, sets: Sets): TokenSet {
  const known = setOfToken(example, position);
  if (known !== undefined) return { name: known };
  const { imageStart, imageTokens } = example;
  const patch = position - imageStart;
  if (patch >= 0 && patch < imageTokens) return named(`patch ${patch}`, { kind: 'patches', patches: [patch] }, sets);
  const token = example.tokens[position];
  const text = token?.text.trim() ?? '';
  if (!canBeSet(example, position)) {
    throw usage(
      `the token "${text}" at ${position} cannot be a set of its own`,
      undefined,
      'choose an image patch or a word after the image',
    );
  }
  return named(text, { kind: 'text', text, nth: placeOf(example, position, text) }, sets);
}

/** Which place of its text, after the image, a token has; from 1. */
function placeOf(example: ExampleInfo, position: number, text: string): number {
  const before = example.tokens
    .slice(example.imageStart + example.imageTokens, position)
    .map((token) => token.text)
    .join('');
  let nth = 1;
  for (let at = before.indexOf(text); at >= 0; at = before.indexOf(text, at + 1)) nth++;
  return nth;
}

/**
 * A set of this definition, under the first name that is free. Arrows would make the name unreadable in an edge, and
 * the word "Image" is not the set of that name.
 */
function named(wish: string, definition: SetDefinition, sets: Sets): TokenSet {
  const readable = wish.replaceAll('->', '→');
  const base = builtinSet(readable) ? `word ${readable}` : readable;
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base} ${n}`;
    if (!Object.hasOwn(sets, name)) return { name, definition };
    if (isDeepStrictEqual(sets[name], definition)) return { name };
  }
}
