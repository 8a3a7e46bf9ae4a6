import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { openTokenizer, type ChatMessage, type Tokenizer } from '../../src/core/checkpoint/tokenizer';
import { openCheckpoint } from '../../src/core/families';
import { copySmallFiles, editJson, writeJson } from '../support/checkpoints';
import { type GOLDEN_FOLDERS, loadGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

interface Cases {
  readonly texts: readonly { text: string; special: number[]; plain: number[] }[];
  readonly decoded: readonly { ids: number[]; text: string; skip: string }[];
}
/** From Python; see fixtures/tokenizer_cases.py. */
const CASES = JSON.parse(
  readFileSync(path.join(repositoryRoot, 'test/checkpoint/fixtures/tokenizer-cases.json'), 'utf8'),
) as { tokenizers: Record<'llava-1.5' | 'llava-next-llama3', Cases> };

const MESSAGES: readonly ChatMessage[] = [
  { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'What is it?' }] },
];

describe('tokenizer', () => {
  const folder = temporaryFolder();
  const open = (name: (typeof GOLDEN_FOLDERS)[number]): Promise<Tokenizer> =>
    openTokenizer({ directory: loadGolden(name).modelDir });

  for (const name of ['llava-1.5', 'llava-next-llama3'] as const) {
    describe(name, () => {
      let tokenizer: Tokenizer;
      before(async () => {
        tokenizer = await open(name);
      });

      for (const { text, special, plain } of CASES.tokenizers[name].texts) {
        it(`encodes ${JSON.stringify(text)} as Python does`, () => {
          assert.deepEqual(tokenizer.encode(text, { special: true }), special);
          assert.deepEqual(tokenizer.encode(text, { special: false }), plain);
        });
      }

      it('decodes any ids as Python does', () => {
        for (const { ids, text, skip } of CASES.tokenizers[name].decoded) {
          assert.equal(tokenizer.decode(ids), text, ids.join(' '));
          assert.equal(tokenizer.decode(ids, { skipSpecial: true }), skip, ids.join(' '));
        }
      });

      it('spells every byte of an encoded text', () => {
        for (const { text, plain } of CASES.tokenizers[name].texts) {
          // the SentencePiece normaliser puts a space in front, and `▁` is its space
          if (text === '' || /[▁<]/.test(text)) continue;
          const bytes = Buffer.from(tokenizer.bytePieces(plain).join(''), 'latin1').toString('utf8');
          assert.equal(name === 'llava-1.5' ? bytes.slice(1) : bytes, text);
        }
      });

      it('gives every token as text for people', () => {
        const size = 1100;
        for (let id = 0; id < size; id++) {
          const text = tokenizer.tokenText(id);
          assert.ok(text !== '', `token ${id}`);
          assert.ok(!/[▁ĠĊ\uFFFD]/.test(text), `token ${id}: ${text}`);
        }
      });
    });
  }

  it('shows spaces, newlines and single bytes', async () => {
    const sentencepiece = await open('llava-1.5');
    const text = (t: Tokenizer, token: string): string => t.tokenText(t.id(token)!);
    assert.equal(text(sentencepiece, '▁the'), ' the');
    assert.equal(text(sentencepiece, '<0x0A>'), '\n');
    assert.equal(text(sentencepiece, '<0xE2>'), '<0xE2>');
    assert.equal(text(sentencepiece, '<image>'), '<image>');
    const bytes = await open('llava-next-llama3');
    assert.equal(text(bytes, 'Ċ'), '\n');
    assert.equal(text(bytes, 'Ġthe'), ' the');
    assert.equal(text(bytes, 'â'), '<0xE2>');
    assert.equal(bytes.tokenText(9999), '<9999>');
  });

  it('knows special tokens and the first token of a word', async () => {
    const tokenizer = await open('bundled');
    const spec = await openCheckpoint(loadGolden('bundled').modelDir);
    assert.ok(tokenizer.isSpecial(spec.prompt.imageTokenId));
    assert.ok(!tokenizer.isSpecial(400));
    assert.equal(tokenizer.firstToken('Red'), tokenizer.encode('Red', { special: false })[0]);
    assert.throws(() => tokenizer.firstToken(''), /"" has no token/);
  });

  describe('chat template', () => {
    const { modelDir } = loadGolden('bundled');
    let made = 0;
    async function withFiles(files: Record<string, unknown>): Promise<Tokenizer> {
      const to = folder.join(`chat${made++}`);
      await copySmallFiles(modelDir, to);
      await rm(path.join(to, 'chat_template.jinja'));
      for (const [name, value] of Object.entries(files)) {
        if (typeof value === 'string') await writeFile(path.join(to, name), value);
        else if (name === 'tokenizer_config.json')
          await editJson(path.join(to, name), value as Record<string, unknown>);
        else await writeJson(path.join(to, name), value);
      }
      return openTokenizer({ directory: to });
    }

    it('fills the embedded one', async () => {
      const text = (await open('bundled')).chat(MESSAGES);
      assert.ok(text.startsWith('<s>A chat between'));
      assert.ok(text.endsWith('USER: <image>\nWhat is it? ASSISTANT:'), text);
    });

    it('reads it from each of its places, in their order', async () => {
      const template = (name: string): string => `${name}{{ bos_token }}{% if add_generation_prompt %}!{% endif %}`;
      const files: Record<string, unknown> = {};
      const places: readonly (readonly [string, unknown])[] = [
        ['tokenizer_config.json', { chat_template: [{ name: 'other', template: 'x' }, { name: 'default', template: template('a') }] }],
        ['processor_config.json', { chat_template: template('b') }],
        ['chat_template.json', { chat_template: { default: template('c') } }],
        ['chat_template.jinja', template('d')],
      ]; // prettier-ignore
      for (const [i, [name, value]] of places.entries()) {
        files[name] = value;
        assert.equal((await withFiles(files)).chat(MESSAGES), `${'abcd'[i]}<s>!`);
      }
    });

    it('fills the published template of llava-1.5-7b-hf', async () => {
      const published =
        "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': '}}{% endif %}{# Render all images first #}{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}{{ '<image>\n' }}{% endfor %}{# Render all text next #}{% if message['role'] != 'assistant' %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] + ' '}}{% endfor %}{% else %}{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{% generation %}{{ content['text'] + ' '}}{% endgeneration %}{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}";
      const tokenizer = await withFiles({ 'chat_template.json': { chat_template: published } });
      assert.equal(tokenizer.chat(MESSAGES), 'USER: <image>\nWhat is it? ASSISTANT:');
    });

    it('says what is wrong with one', async () => {
      const none = await withFiles({});
      assert.equal(none.hasChatTemplate, false);
      assert.throws(() => none.chat(MESSAGES), /no chat template/);
      const broken = await withFiles({ 'chat_template.jinja': '{% for x in %}' });
      assert.throws(() => broken.chat(MESSAGES), /the chat template cannot be filled/);
      const raises = await withFiles({ 'chat_template.jinja': "{{ raise_exception('only text') }}" });
      assert.throws(() => raises.chat(MESSAGES), /cannot be filled: only text/);
      const many = withFiles({ 'chat_template.json': { chat_template: { a: 'x', b: 'y' } } });
      await assert.rejects(many, /several chat templates and no default: a, b/);
    });
  });

  it('works without tokenizer_config.json', async () => {
    const to = folder.join('bare');
    await copySmallFiles(loadGolden('bundled').modelDir, to);
    await rm(path.join(to, 'tokenizer_config.json'));
    const tokenizer = await openTokenizer({ directory: to });
    assert.deepEqual(tokenizer.encode('Red', { special: true }).length, 2);
  });

  it('cleans up spaces exactly when the files ask for it', async () => {
    const to = folder.join('clean');
    await copySmallFiles(loadGolden('llava-next-llama3').modelDir, to);
    await cp(path.join(loadGolden('llava-next-llama3').modelDir, 'tokenizer.json'), path.join(to, 'tokenizer.json'));
    const ids = (await openTokenizer({ directory: to })).encode('a , b', { special: false });
    assert.equal((await openTokenizer({ directory: to })).decode(ids), 'a , b');
    await editJson(path.join(to, 'tokenizer_config.json'), { clean_up_tokenization_spaces: true });
    assert.equal((await openTokenizer({ directory: to })).decode(ids), 'a, b');
  });
});
