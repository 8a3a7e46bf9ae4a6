import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { openTokenizer, type Tokenizer } from '../../src/core/checkpoint/tokenizer';
import { CrossflowError } from '../../src/core/errors';
import { encodePrompt } from '../../src/core/prompt/encode';
import { buildSets } from '../../src/core/prompt/sets';
import type { EncodedPrompt, TemplateName, TokenSets } from '../../src/core/prompt/types';
import { repositoryRoot } from '../support/golden';
import { ONE_PATCH, publishedStyle } from './styles';

interface Case {
  readonly folder: string;
  readonly template: TemplateName;
  readonly question: string;
  readonly after: readonly number[];
  /** Of the whole prompt of the chat template, with the image token. */
  readonly chat?: readonly number[];
}
/** From Python; see fixtures/quoted_tokens.py. */
const CASES = JSON.parse(
  readFileSync(path.join(repositoryRoot, 'test/prompt/fixtures/quoted-tokens.json'), 'utf8'),
) as Case[];
const SUFFIX = '';
const bare = (text: string): string => text.replace(/\s/gu, '');

describe('questions that quote added tokens', () => {
  const tokenizers = new Map<string, Tokenizer>();
  before(async () => {
    for (const folder of new Set(CASES.map((c) => c.folder))) {
      tokenizers.set(folder, await openTokenizer({ directory: path.join(repositoryRoot, folder) }));
    }
  });
  const encode = ({ folder, question }: Case, template?: TemplateName): EncodedPrompt => {
    const tokenizer = tokenizers.get(folder)!;
    const style = publishedStyle(tokenizer.id('<image>') ?? -200);
    return encodePrompt(tokenizer, style, { question, instruction: SUFFIX, ...(template && { template }) }, ONE_PATCH);
  };
  const setsOf = ({ folder, question }: Case, encoded: EncodedPrompt, more: object = {}): TokenSets => {
    const tokenizer = tokenizers.get(folder)!;
    const imageStart = encoded.before.length;
    return buildSets({
      encoded,
      tokenizer,
      imageStart,
      geometry: ONE_PATCH.geometry,
      question,
      definitions: {},
      ...more,
    });
  };
  const textOf = (c: Case, encoded: EncodedPrompt, positions: readonly number[]): string => {
    const after = encoded.before.length + 1;
    const ids = positions.map((p) => encoded.after[p - after] ?? -1);
    return Buffer.from(tokenizers.get(c.folder)!.bytePieces(ids).join(''), 'latin1').toString('utf8');
  };

  for (const c of CASES) {
    it(`${path.basename(c.folder)}: ${JSON.stringify(c.question)} has Python's ids, and its span is found`, () => {
      const named = encode(c, c.template);
      assert.deepEqual(named.after, c.after);
      const sets = setsOf(c, named);
      assert.equal(bare(textOf(c, named, sets['Question'])), bare(c.question));
      const last = named.before.length + named.after.length;
      assert.deepEqual(sets['Last'], [last]);
      if (!c.chat) return;
      const chat = encode(c);
      assert.deepEqual(chat.inputIds, c.chat);
      assert.equal(bare(textOf(c, chat, setsOf(c, chat)['Question'])), bare(c.question));
    });
  }

  it('finds options and texts of the user beside such tokens, as whole words', () => {
    const c = CASES.find(({ question }) => question === 'Is the star</s>red or <unk>blue?')!;
    const encoded = encode(c, c.template);
    const sets = setsOf(c, encoded, {
      options: ['red', 'blue'],
      objectName: 'star',
      definitions: { quote: { kind: 'text', text: 'star</s>red', nth: 1 } },
    });
    const text = (name: string): string => textOf(c, encoded, sets[name]).trim();
    assert.deepEqual([text('True Option'), text('False Option'), text('Central Object')], ['red', 'blue', 'star']);
    assert.equal(bare(text('quote')), 'star</s>red');
  });

  it('finds no text that only differs in its blanks, where nothing is quoted', () => {
    const c = { ...CASES[0], question: 'Is the star red </s> or blue?' };
    const definitions = { glued: { kind: 'text', text: 'starred', nth: 1 } } as const;
    assert.throws(
      () => setsOf(c, encode(c, c.template), { definitions }),
      (e) => e instanceof CrossflowError && /"starred" does not stand after the image/.test(e.line),
    );
  });
});
