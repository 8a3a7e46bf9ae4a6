import assert from 'node:assert/strict';
import { openCheckpoint } from '../../src/core/families';
import { openTokenizer, type Tokenizer } from '../../src/core/checkpoint/tokenizer';
import type { ModelSpec } from '../../src/core/spec';
import { encodePrompt } from '../../src/core/prompt/encode';
import { buildSets } from '../../src/core/prompt/sets';
import type { EncodedPrompt } from '../../src/core/prompt/types';
import type { ImageGeometry, PatchPlace } from '../../src/core/spec';
import { ONE_PATCH } from './styles';
import { GOLDEN_FOLDERS, loadGolden, type GoldenCase } from '../support/golden';

const INSTRUCTION = ' \nAnswer the question using a single word or phrase.';

/** A geometry of the kinds the case's own sets tell; where the patches lie does not matter here. */
function geometryOf(c: GoldenCase, imageStart: number): ImageGeometry {
  const pad = new Set(c.sets['Image Pad']);
  const base = c.sets['Image Original Patch']?.length ?? c.image_tokens;
  const patches = Array.from({ length: c.image_tokens }, (_, i): PatchPlace => {
    const kind = pad.has(imageStart + i) ? 'newline' : i < base ? 'base' : 'tile';
    return { kind, row: 0, column: i };
  });
  return { aspect: c.aspect, width: 1, height: 1, patches, grids: [] };
}

for (const folder of GOLDEN_FOLDERS) {
  describe(`prompt of ${folder}`, () => {
    const golden = loadGolden(folder);
    let spec: ModelSpec;
    let tokenizer: Tokenizer;
    const encode = (c: GoldenCase): EncodedPrompt =>
      encodePrompt(
        tokenizer,
        spec.prompt,
        { template: c.template, instruction: INSTRUCTION, question: c.question },
        ONE_PATCH,
      );
    before(async () => {
      spec = await openCheckpoint(golden.modelDir);
      tokenizer = await openTokenizer(spec);
    });

    it('gives the published text and ids', () => {
      for (const c of golden.cases) {
        const encoded = encode(c);
        assert.equal(encoded.text, c.prompt, c.name);
        assert.deepEqual(encoded.inputIds, c.input_ids, c.name);
      }
    });

    it('gives the published sets', () => {
      for (const c of golden.cases) {
        const encoded = encode(c);
        const imageStart = encoded.before.length;
        const sets = buildSets({
          encoded,
          tokenizer,
          imageStart,
          geometry: geometryOf(c, imageStart),
          objectPatches: c.sets['Image Central Object']?.map((p) => p - imageStart),
          question: c.question,
          options: c.options,
          definitions: {},
        });
        for (const [name, positions] of Object.entries(c.sets))
          assert.deepEqual(sets[name], positions, `${c.name} ${name}`);
        const extra = Object.keys(sets).filter((name) => !(name in c.sets));
        const ours = ['System', 'Instruction', 'Text', ...(c.options ? ['Question without Options'] : [])];
        assert.deepEqual(extra, ours, c.name);
        // our own sets and the image make up the sequence
        const { System: system, Image: image, Text: text } = sets;
        assert.deepEqual(
          [...system, ...image, ...text],
          Array.from({ length: c.tokens }, (_, i) => i),
        );
      }
    });

    it('decodes the published answers', () => {
      for (const c of golden.cases) {
        const ids = c.answer_ids.filter((id) => !spec.eosTokenIds.includes(id));
        assert.equal(tokenizer.decode(ids, { skipSpecial: true }).trim(), c.answer, c.name);
      }
    });
  });
}
