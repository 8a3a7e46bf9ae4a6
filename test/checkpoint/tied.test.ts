import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { closeFiles, readTensor } from '../../src/core/checkpoint/read';
import { tensorsOf } from '../../src/core/checkpoint/refs';
import { readSafetensorsHeader } from '../../src/core/checkpoint/safetensors';
import { CrossflowError } from '../../src/core/errors';
import { familyOf, openCheckpoint } from '../../src/core/families';
import type { LlavaConfig } from '../../src/core/families/parts/llava-model';
import type { ModelSpec } from '../../src/core/spec';
import { importQuantized, recipeOf } from '../../src/core/quantize/import';
import { copySmallFiles, editJson, readTensors, relayout, safetensorsBytes, writeWeights, type OtherLayout } from '../support/checkpoints'; // prettier-ignore
import { loadGolden } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const parseConfig = (json: Record<string, unknown>, file: string): LlavaConfig =>
  familyOf(json, file).parse(json, file) as LlavaConfig;

const { modelDir } = loadGolden('llava-1.5-pad');
const HEAD = 'language_model.lm_head.weight';
const EMBEDDING = 'language_model.model.embed_tokens.weight';

/** What each place of config.json says of ties; undefined: nothing. */
interface Ties {
  readonly top?: boolean;
  readonly text?: boolean;
}
const TIED: readonly Ties[] = [{ top: true }, { text: true }, { top: true, text: false }, { top: false, text: true }];
const UNTIED: readonly Ties[] = [{}, { top: false }, { text: false }, { top: false, text: false }];

/** The values below are those of transformers 5.24's `LlavaForConditionalGeneration.from_pretrained`. */
describe('embedding and head', () => {
  const folder = temporaryFolder();
  let made = 0;
  afterEach(() => closeFiles());

  /** A copy that stores these of the two matrices, with this metadata. */
  async function storing(
    names: readonly string[],
    { top, text }: Ties,
    metadata: Record<string, string> = {},
    shards = 1,
  ): Promise<string> {
    const to = folder.join(`copy${made++}`);
    await copySmallFiles(modelDir, to);
    const all = await readTensors(modelDir);
    const tensors = new Map([...all].filter(([n]) => (n !== HEAD && n !== EMBEDDING) || names.includes(n)));
    if (shards > 1) await writeWeights(to, tensors, shards);
    else await writeFile(path.join(to, 'model.safetensors'), safetensorsBytes(tensors, { __metadata__: metadata }));
    const changes = { tie_word_embeddings: top, 'text_config.tie_word_embeddings': text };
    await editJson(path.join(to, 'config.json'), changes);
    return to;
  }
  /** The stored matrix that each of the two came from. */
  async function sources({ decoder }: ModelSpec): Promise<{ embedding: string; head: string }> {
    const stored = (await openCheckpoint(modelDir)).decoder.weights;
    const [e, h] = [await readTensor(stored.embedding), await readTensor(stored.head as typeof stored.embedding)];
    const name = async (ref: typeof stored.embedding): Promise<string> => {
      const values = await readTensor(ref);
      return Buffer.compare(Buffer.from(values.buffer), Buffer.from(e.buffer)) === 0
        ? EMBEDDING
        : Buffer.compare(Buffer.from(values.buffer), Buffer.from(h.buffer)) === 0
          ? HEAD
          : 'neither';
    };
    const { embedding, head } = decoder.weights;
    return { embedding: await name(embedding), head: await name(head as typeof embedding) };
  }
  const refuses = (act: Promise<unknown>, message: RegExp): Promise<void> =>
    assert.rejects(act, (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line));

  it('share the one that is stored where either place of config.json ties them', async () => {
    for (const ties of TIED) {
      for (const stored of [HEAD, EMBEDDING]) {
        const spec = await openCheckpoint(await storing([stored], ties));
        const name = `${stored}, ${JSON.stringify(ties)}`;
        assert.deepEqual(await sources(spec), { embedding: stored, head: stored }, name);
        assert.equal(spec.decoder.weights.head, spec.decoder.weights.embedding, name);
        assert.ok(tensorsOf(spec).length < tensorsOf(await openCheckpoint(modelDir)).length, 'counted once');
      }
    }
  });

  it('are both read where both are stored, whatever config.json says', async () => {
    for (const ties of [...TIED, ...UNTIED]) {
      const spec = await openCheckpoint(await storing([HEAD, EMBEDDING], ties));
      assert.deepEqual(await sources(spec), { embedding: EMBEDDING, head: HEAD }, JSON.stringify(ties));
    }
  });

  it('are refused by name where one is missing and nothing ties them', async () => {
    for (const ties of UNTIED) {
      await refuses(
        openCheckpoint(await storing([EMBEDDING], ties)),
        /tensor language_model\.lm_head\.weight is missing/,
      );
      await refuses(
        openCheckpoint(await storing([HEAD], ties)),
        /embed_tokens\.weight is missing, and config\.json does not tie it to language_model\.lm_head\.weight.*"tie_word_embeddings": true/,
      );
    }
  });

  it("share the one that the file's metadata names", async () => {
    for (const [stored, alias] of [[HEAD, EMBEDDING], [EMBEDDING, HEAD]] as const) {
      const to = await storing([stored], {}, { format: 'pt', [alias]: stored });
      const { aliases } = await readSafetensorsHeader(path.join(to, 'model.safetensors'));
      assert.deepEqual([...aliases], [[alias, stored]]);
      const spec = await openCheckpoint(to);
      assert.deepEqual(await sources(spec), { embedding: stored, head: stored });
      assert.equal(spec.decoder.weights.head, spec.decoder.weights.embedding);
    }
  }); // prettier-ignore

  it('take no alias for a tensor that is stored, or from one that is not', async () => {
    const both = await storing([HEAD, EMBEDDING], {}, { [HEAD]: EMBEDDING });
    assert.deepEqual(await sources(await openCheckpoint(both)), { embedding: EMBEDDING, head: HEAD });
    await refuses(openCheckpoint(await storing([EMBEDDING], {}, { [HEAD]: 'nowhere' })), /lm_head\.weight is missing/);
  });

  it('share the head that is stored in shards, and in every layout', async () => {
    const sharded = await openCheckpoint(await storing([HEAD], { text: true }, {}, 3));
    assert.equal((await sources(sharded)).embedding, HEAD);
    const from = await storing([HEAD], { top: true, text: true });
    for (const layout of ['hf-old', 'in-memory', 'original', 'original+clip-folder'] as OtherLayout[]) {
      const spec = await openCheckpoint(await relayout(from, layout, folder.join(`layout${made++}`)));
      assert.deepEqual(await sources(spec), { embedding: HEAD, head: HEAD }, layout);
    }
  });

  it('keep their names and numbers in an import of a folder that stores the head', async () => {
    const from = await storing([HEAD], { text: true });
    const to = folder.join('int8');
    await importQuantized(await openCheckpoint(from), to, recipeOf('int8'));
    const { weights } = (await openCheckpoint(to)).decoder;
    assert.equal(weights.embedding.name, EMBEDDING);
    assert.ok('bits' in weights.head && weights.head.bits === 8);
    const original = (await openCheckpoint(from)).decoder.weights.embedding;
    assert.deepEqual(await readTensor(weights.embedding), await readTensor(original));
  });

  it('are tied when config.json or its text_config ties them', () => {
    const tied = (top: unknown, text: unknown): boolean =>
      parseConfig({ model_type: 'llava', tie_word_embeddings: top, text_config: { tie_word_embeddings: text } }, 'x')
        .text.tied;
    assert.deepEqual([tied(true, false), tied(false, true), tied(null, true), tied(false, null)], [true, true, true, false]); // prettier-ignore
  });
});
