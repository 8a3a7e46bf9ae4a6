import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import * as path from 'node:path';
import { openTokenizer, type Tokenizer } from '../../src/core/checkpoint/tokenizer';
import { CrossflowError } from '../../src/core/errors';
import { editJson, readJson, writeJson, type Json } from '../support/checkpoints';
import { loadGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

interface Recorded {
  readonly metaspace: Json;
  readonly folders_of: Readonly<Record<string, 'llava-1.5' | 'llava-next-llama3'>>;
  readonly cases: readonly {
    readonly kind: string;
    readonly changed: readonly (Json & { readonly content: string })[];
    readonly texts: readonly { text: string; special: number[]; plain: number[] }[];
  }[];
  readonly folders: readonly { readonly config: Json; readonly text: string; readonly ids: number[]; readonly special: number[] }[]; // prettier-ignore
}
/** From Python; see fixtures/added_tokens.py. */
const recorded = JSON.parse(
  readFileSync(path.join(repositoryRoot, 'test/checkpoint/fixtures/added-tokens.json'), 'utf8'),
) as Recorded;

describe('added tokens', () => {
  const folder = temporaryFolder();
  let made = 0;

  /** The tokenizer of a golden folder with its files changed. */
  async function withFiles(
    name: 'llava-1.5' | 'llava-next-llama3',
    change: (json: Json) => void,
    config: Json = {},
  ): Promise<Tokenizer> {
    const { modelDir } = loadGolden(name);
    const directory = folder.join(`folder${made++}`);
    await mkdir(directory);
    const json = await readJson(path.join(modelDir, 'tokenizer.json'));
    change(json);
    await writeJson(path.join(directory, 'tokenizer.json'), json);
    await cp(path.join(modelDir, 'tokenizer_config.json'), path.join(directory, 'tokenizer_config.json'));
    await editJson(path.join(directory, 'tokenizer_config.json'), config);
    return openTokenizer({ directory });
  }

  it('of any flags give the ids of Python’s tokenizers on the same tokenizer.json', async () => {
    assert.ok(recorded.cases.length >= 100);
    for (const { kind, changed, texts } of recorded.cases) {
      const tokenizer = await withFiles(recorded.folders_of[kind], (json) => {
        const added = json['added_tokens'] as { content: string }[];
        const texts = new Set(changed.map((t) => t.content));
        json['added_tokens'] = [...added.filter((t) => !texts.has(t.content)), ...changed];
        if (kind === 'metaspace') Object.assign(json, { normalizer: null, pre_tokenizer: recorded.metaspace });
      });
      for (const { text, special, plain } of texts) {
        const name = `${kind}, ${JSON.stringify(changed)}: ${JSON.stringify(text)}`;
        assert.deepEqual(tokenizer.encode(text, { special: true }), special, name);
        assert.deepEqual(tokenizer.encode(text, { special: false }), plain, name);
      }
    }
  });

  for (const { config, text, ids, special } of recorded.folders) {
    it(`with ${JSON.stringify(config)} in tokenizer_config.json are those of transformers`, async () => {
      const tokenizer = await withFiles('llava-1.5', () => undefined, {
        tokenizer_class: 'PreTrainedTokenizerFast',
        ...config,
      });
      assert.deepEqual(tokenizer.encode(text, { special: true }), ids);
      for (const id of special) assert.ok(tokenizer.isSpecial(id), `${id} is special`);
    });
  }

  it('take the whitespace around the image along, in the prompt that a chat template makes', async () => {
    const text = 'USER: <image>\nWhat is it? ASSISTANT:';
    const lengths: number[] = [];
    for (const [lstrip, rstrip] of [[false, false], [false, true], [true, false], [true, true]] as const) {
      const tokenizer = await withFiles('llava-1.5', (json) => {
        const image = (json['added_tokens'] as Json[]).find((t) => t['content'] === '<image>')!;
        Object.assign(image, { lstrip, rstrip });
      });
      const ids = tokenizer.encode(text, { special: true });
      lengths.push(ids.length);
      const [before, after] = [ids.slice(0, ids.indexOf(tokenizer.id('<image>')!)), ids.slice(ids.indexOf(tokenizer.id('<image>')!) + 1)]; // prettier-ignore
      assert.equal(tokenizer.pieces(before).join(''), lstrip ? '<s> USER:' : '<s> USER: ');
      assert.equal(tokenizer.pieces(after).join(''), rstrip ? ' What is it? ASSISTANT:' : ' <0x0A>What is it? ASSISTANT:'); // prettier-ignore
    }
    assert.deepEqual(lengths, [lengths[0], lengths[0] - 2, lengths[0] - 1, lengths[0] - 3]);
  }); // prettier-ignore

  for (const [config, message] of [
    [{ add_bos_token: false }, /tokenizer_config\.json: add_bos_token is false, but tokenizer\.json adds <s>/],
    [{ add_eos_token: true }, /add_eos_token is true, but tokenizer\.json adds no <\/s>/],
    [{ add_prefix_space: false }, /add_prefix_space is false, but tokenizer\.json puts a space in front/],
  ] as const) {
    it(`${JSON.stringify(config)} beside a tokenizer.json that does otherwise is refused by name`, async () => {
      const open = (more: Json): Promise<Tokenizer> => withFiles('llava-1.5', () => undefined, { ...config, ...more });
      await assert.rejects(
        open({ tokenizer_class: 'LlamaTokenizer' }),
        (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line),
      );
      // this class never reads it
      await open({ tokenizer_class: 'PreTrainedTokenizerFast' });
    });
  }

  it('of a folder that says what its tokenizer.json does are no contradiction', async () => {
    const right = { add_bos_token: true, add_eos_token: false, add_prefix_space: true };
    await withFiles('llava-1.5', () => undefined, { tokenizer_class: 'LlamaTokenizer', ...right });
    const bytes = { add_bos_token: true, add_eos_token: false, add_prefix_space: false };
    await withFiles('llava-next-llama3', () => undefined, { tokenizer_class: 'LlamaTokenizer', ...bytes });
  });
});
