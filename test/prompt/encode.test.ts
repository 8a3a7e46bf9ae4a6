import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { openTokenizer, type Tokenizer } from '../../src/core/checkpoint/tokenizer';
import { openCheckpoint } from '../../src/core/families';
import type { ModelSpec } from '../../src/core/spec';
import { CrossflowError } from '../../src/core/errors';
import { encodePrompt, type PromptInput } from '../../src/core/prompt/encode';
import type { EncodedPrompt } from '../../src/core/prompt/types';
import { CLIP_FOLDER, copySmallFiles, relayout } from '../support/checkpoints';
import { loadGolden, type GoldenFolder } from '../support/golden';
import { ONE_PATCH, publishedStyle } from './styles';
import { temporaryFolder } from '../support/temporary';

const INSTRUCTION = ' \nAnswer the question using a single word or phrase.';
const QUESTION = 'Is the star red or blue?';
const PUBLISHED = publishedStyle(-7);

describe('encodePrompt', () => {
  const folder = temporaryFolder();
  let made = 0;
  async function encode(from: string, input: Partial<PromptInput>): Promise<EncodedPrompt> {
    const directory = from.includes('/') ? from : loadGolden(from as GoldenFolder).modelDir;
    const tokenizer = await openTokenizer({ directory });
    return encodePrompt(tokenizer, PUBLISHED, { question: QUESTION, instruction: INSTRUCTION, ...input }, ONE_PATCH);
  }
  /** The embedded model with another chat template, or none. */
  async function withTemplate(template?: string): Promise<string> {
    const to = folder.join(`template${made++}`);
    await copySmallFiles(loadGolden('bundled').modelDir, to);
    if (template === undefined) await rm(`${to}/chat_template.jinja`);
    else await writeFile(`${to}/chat_template.jinja`, template);
    return to;
  }

  it('leaves a $ and braces in the question as they are', async () => {
    for (const question of ['Does it cost $1 or $& or $$?', 'Is {q} there?']) {
      const { text } = await encode('bundled', { template: 'vicuna_v1', question });
      assert.ok(text.includes(`<image>\n${question}${INSTRUCTION} ASSISTANT:`), text);
    }
  });

  it('puts the image id once between both parts', async () => {
    const { before, after, inputIds } = await encode('bundled', { template: 'vicuna_v1' });
    assert.deepEqual(inputIds, [...before, -7, ...after]);
  });

  it('begins with two bos in llava_llama_3, as published, and with one in vicuna_v1', async () => {
    const bos = 527;
    const llama3 = await encode('llava-next-llama3', { template: 'llava_llama_3' });
    assert.deepEqual(llama3.before.filter((id) => id === bos), [bos, bos]); // prettier-ignore
    const vicuna = await encode('llava-next-llama3', { template: 'vicuna_v1' });
    assert.deepEqual(vicuna.before.filter((id) => id === bos), [bos]); // prettier-ignore
    assert.ok(!vicuna.after.includes(bos));
  });

  it("takes the checkpoint's own template when none is named, with one bos", async () => {
    const own = await encode('bundled', {});
    const vicuna = await encode('bundled', { template: 'vicuna_v1' });
    assert.equal(own.text, `<s>${vicuna.text} `.trimEnd());
    assert.deepEqual(own.inputIds, vicuna.inputIds);
  });

  it('gives a template without bos the one of the tokenizer', async () => {
    const own = await withTemplate("USER: <image>\n{{ messages[0]['content'][1]['text'] }} ASSISTANT:");
    const { text, before } = await encode(own, {});
    assert.ok(text.startsWith('USER: <image>\nIs the star'));
    assert.equal(before[0], 1);
    assert.equal(before.filter((id) => id === 1).length, 1);
  });

  it('encodes around the image where the tokenizer does not know its token', async () => {
    const original = await relayout(loadGolden('bundled').modelDir, 'original', folder.join('original'));
    const spec: ModelSpec = await openCheckpoint(original);
    assert.equal(spec.prompt.imageTokenId, -200);
    const known = await openTokenizer(spec);
    const unknown: Tokenizer = Object.assign(Object.create(known) as Tokenizer, {
      id: (t: string) => (t === '<image>' ? undefined : known.id(t)),
    });
    for (const tokenizer of [known, unknown]) {
      const { inputIds } = encodePrompt(
        tokenizer,
        spec.prompt,
        { question: QUESTION, instruction: INSTRUCTION },
        ONE_PATCH,
      );
      const golden = await encode('bundled', {});
      assert.deepEqual(inputIds, golden.inputIds.map((id) => (id === -7 ? -200 : id))); // prettier-ignore
    }
    assert.ok(spec.eye.tower.classRow?.file.endsWith('model.safetensors'), CLIP_FOLDER);
  });

  const BAD: readonly (readonly [string, GoldenFolder, Partial<PromptInput>, RegExp])[] = [
    ['an empty question', 'bundled', { question: ' \n' }, /the question is empty/],
    ['an image token in the question', 'bundled', { question: 'Is <image> red?' }, /the question contains <image>/],
    ['an image token in the instruction', 'bundled', { instruction: '<image>' }, /the instruction contains <image>/],
    ['no chat template', 'llava-1.5', {}, /no chat template \(name one: "prompt": "vicuna_v1" or "llava_llama_3"\)/],
    ["a template of another tokenizer's", 'llava-1.5', { template: 'llava_llama_3' }, /needs the token <\|begin_of_text\|>/],
  ]; // prettier-ignore
  for (const [what, from, input, message] of BAD) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(encode(from, input), (e) => e instanceof CrossflowError && message.test(e.line));
    });
  }

  it('refuses a chat template that does not place the image once before the question', async () => {
    const text = "{{ messages[0]['content'][1]['text'] }}";
    for (const [template, message] of [
      [text, /places <image> 0 times, not once/],
      [`<image><image>${text}`, /places <image> 2 times/],
      [`${text}<image>`, /does not place the question after the image/],
    ] as const) {
      await assert.rejects(encode(await withTemplate(template), {}), message);
    }
  });
});
