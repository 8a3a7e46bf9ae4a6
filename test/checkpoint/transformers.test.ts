import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PreTrainedTokenizer } from '@huggingface/transformers';
import { openTokenizer } from '../../src/core/checkpoint/tokenizer';
import { GOLDEN_FOLDERS, loadGolden } from '../support/golden';

/** Spaces, newlines, special tokens, bytes outside the vocabulary, nothing at all. */
const TEXTS = [
  'Is the star red or blue?',
  '  two  spaces\n\nand lines ',
  'USER: <image>\nWhat? ASSISTANT:',
  '<s>[bos]</s>',
  'naïve café 你好 🙂',
  "it's 12,345.67% of X_y-z",
  '',
];

describe("tokenizer against transformers.js's own", () => {
  for (const folder of GOLDEN_FOLDERS) {
    it(folder, async () => {
      const { modelDir, cases } = loadGolden(folder);
      const json = (name: string): object => JSON.parse(readFileSync(join(modelDir, name), 'utf8')) as object;
      const reference = new PreTrainedTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
      const own = await openTokenizer({ directory: modelDir });
      for (const text of [...TEXTS, ...cases.map((c) => c.prompt)]) {
        for (const special of [true, false]) {
          const ids = reference.encode(text, { add_special_tokens: special });
          assert.deepEqual(own.encode(text, { special }), ids, JSON.stringify(text));
          if (ids.length === 0) continue;
          const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
          assert.equal(own.decode(ids, { skipSpecial: true }), reference.decode(ids, options), JSON.stringify(text));
        }
      }
    });
  }

  it('fills the chat template alike', async () => {
    const { modelDir } = loadGolden('bundled');
    const json = (name: string): object => JSON.parse(readFileSync(join(modelDir, name), 'utf8')) as object;
    const reference = new PreTrainedTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
    const chat_template = readFileSync(join(modelDir, 'chat_template.jinja'), 'utf8');
    const messages = [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Is it red?' }] }];
    const want = reference.apply_chat_template(messages, {
      tokenize: false,
      add_generation_prompt: true,
      chat_template,
    });
    const own = await openTokenizer({ directory: modelDir });
    assert.equal(own.chat(messages as Parameters<typeof own.chat>[0]), want);
  });
});
