import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import protobuf from 'protobufjs/light';
import { openTokenizer, type Tokenizer } from '../../src/core/checkpoint/tokenizer';
import { openCheckpoint } from '../../src/core/families';
import { convertLlamaTokenizer } from '../../src/core/checkpoint/llama-tokenizer';
import { CrossflowError } from '../../src/core/errors';
import { relayout, writeJson } from '../support/checkpoints';
import { loadGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

interface Case {
  readonly name: string;
  /** Index into `models`. */
  readonly model: number;
  readonly files: Readonly<Record<string, unknown>>;
  readonly texts: readonly { text: string; special: number[]; plain: number[] }[];
  readonly decoded: readonly { ids: number[]; text: string; skip: string }[];
}
/** From Python; see fixtures/sentencepiece_cases.py. */
const { models, cases } = JSON.parse(
  readFileSync(
    process.env['SENTENCEPIECE_CASES'] ??
      path.join(repositoryRoot, 'test/checkpoint/fixtures/sentencepiece-cases.json'),
    'utf8',
  ),
) as { models: string[]; cases: Case[] };

describe('tokenizer.model', () => {
  const folder = temporaryFolder();
  let made = 0;
  async function write(model: Uint8Array, files: Case['files'] = {}): Promise<string> {
    const to = folder.join(`tokenizer${made++}`);
    await mkdir(to);
    await writeFile(path.join(to, 'tokenizer.model'), model);
    for (const [name, value] of Object.entries(files)) await writeJson(path.join(to, name), value);
    return to;
  }
  const bytesOf = (c: Case): Buffer => Buffer.from(models[c.model], 'base64');

  for (const c of cases) {
    describe(c.name, () => {
      let tokenizer: Tokenizer;
      before(async () => {
        tokenizer = await openTokenizer({ directory: await write(bytesOf(c), c.files) });
      });

      it('encodes as Python does', () => {
        for (const { text, special, plain } of c.texts) {
          assert.deepEqual(tokenizer.encode(text, { special: true }), special, JSON.stringify(text));
          assert.deepEqual(tokenizer.encode(text, { special: false }), plain, JSON.stringify(text));
        }
      });

      it('decodes as Python does', () => {
        for (const { ids, text, skip } of c.decoded) {
          assert.equal(tokenizer.decode(ids), text, ids.join(' '));
          assert.equal(tokenizer.decode(ids, { skipSpecial: true }), skip, ids.join(' '));
        }
      });
    });
  }

  it('knows special tokens, their texts and ids', async () => {
    const user = cases.find((c) => c.name.includes('user-defined and control'))!;
    const tokenizer = await openTokenizer({ directory: await write(bytesOf(user), user.files) });
    assert.equal(tokenizer.bosText, '<s>');
    for (const token of ['<s>', '</s>', '<unk>', '<ctrl>']) {
      assert.ok(tokenizer.isSpecial(tokenizer.id(token)!), token);
    }
    assert.ok(!tokenizer.isSpecial(tokenizer.id('[user]')!));
    const pad = cases.find((c) => c.name.includes('a new pad token'))!;
    const padded = await convertLlamaTokenizer(await write(bytesOf(pad), pad.files));
    const { added_tokens: added } = padded.json as { added_tokens: { id: number; content: string }[] };
    assert.deepEqual(added.at(-1)!.content, '<pad>');
    assert.equal(padded.names['pad_token'], '<pad>');
  });

  it('opens an original LLaVA folder that has no tokenizer.json', async () => {
    const to = await relayout(loadGolden('llava-1.5-pad').modelDir, 'original', folder.join('original'));
    await rm(path.join(to, 'tokenizer.json'));
    await writeFile(path.join(to, 'tokenizer.model'), bytesOf(cases[0]));
    const spec = await openCheckpoint(to);
    const tokenizer = await openTokenizer(spec);
    assert.deepEqual(spec.eosTokenIds, [2]);
    assert.equal(tokenizer.encode('Is it red?', { special: true })[0], 1);
  });

  it('prefers a tokenizer.json', async () => {
    const to = await write(Buffer.from('no model'));
    await assert.rejects(openTokenizer({ directory: to }), /is no SentencePiece model/);
    await writeFile(
      path.join(to, 'tokenizer.json'),
      readFileSync(path.join(loadGolden('llava-1.5').modelDir, 'tokenizer.json')),
    );
    assert.ok((await openTokenizer({ directory: to })).id('<image>') !== undefined);
  });

  describe('refuses', () => {
    const refuses = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
      const directory = await write(bytes);
      await assert.rejects(openTokenizer({ directory }), (e) => {
        assert.ok(e instanceof CrossflowError && e.kind === 'usage', String(e));
        assert.match(e.line, message);
        return !e.line.includes('\n');
      });
    };
    it('what is no SentencePiece model', async () => {
      for (const bytes of [
        Buffer.from('<html>Not found</html>'),
        Buffer.alloc(0),
        bytesOf(cases[0]).subarray(0, 900),
      ]) {
        await refuses(bytes, /tokenizer\.model: (is no SentencePiece model|pieces: )/);
      }
    });
    it('a Git LFS pointer', () =>
      refuses(
        Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 499723\n'),
        /tokenizer\.model/,
      ));
    it('models of another kind, and those that change text', async () => {
      await refuses(tiny({ modelType: 1, normalizer: { keep: true } }), /of kind unigram, which is not supported/);
      await refuses(tiny({ modelType: 2, normalizer: {} }), /that removes spaces/);
      await refuses(
        tiny({ modelType: 2, normalizer: { name: 'nmt_nfkc', charsmap: 'AAA=' } }),
        /normalises text \(nmt_nfkc\)/,
      );
    });
    it('a piece that stands there twice', () =>
      refuses(
        tiny({ modelType: 2, normalizer: { keep: true }, pieces: ['<unk>', '<s>', '</s>', 'a', 'a'] }),
        /a piece twice/,
      ));
  });
});

/** A model file of a few pieces. */
function tiny(model: {
  readonly modelType: number;
  readonly normalizer: { readonly keep?: boolean; readonly name?: string; readonly charsmap?: string };
  readonly pieces?: readonly string[];
}): Uint8Array {
  const text = protobuf.Writer.create();
  for (const piece of model.pieces ?? ['<unk>', '<s>', '</s>', 'a']) {
    text.uint32(10).fork().uint32(10).string(piece).ldelim();
  }
  text.uint32(18).fork().uint32(24).int32(model.modelType).ldelim();
  const { keep, name, charsmap } = model.normalizer;
  text.uint32(26).fork();
  if (name !== undefined) text.uint32(10).string(name);
  if (charsmap !== undefined) text.uint32(18).bytes(Buffer.from(charsmap, 'base64'));
  if (keep) text.uint32(32).bool(false);
  return text.ldelim().finish();
}
