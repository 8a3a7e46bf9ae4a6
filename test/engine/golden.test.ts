import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type OpenModel, openModel } from '../../src/core/engine/model';
import { DEFAULT_INSTRUCTION, type Knockout, knockoutLabel, type QuestionInput } from '../../src/core/experiment/types';
import { assertArray } from '../support/close';
import { assertReference } from '../support/compare';
import { GOLDEN_FOLDERS, type GoldenCase, loadGolden } from '../support/golden';

for (const folder of GOLDEN_FOLDERS) {
  const golden = loadGolden(folder);
  const question = (c: GoldenCase): QuestionInput => ({
    image: join(golden.imagesDir, c.image),
    aspect: c.aspect,
    template: c.template,
    instruction: DEFAULT_INSTRUCTION,
    question: c.question,
    sets: {},
    ...(c.options ? { options: c.options } : {}),
    ...(c.boxes ? { objects: c.boxes } : {}),
    ...(c.gold ? { answer: c.gold } : {}),
  });
  const knockouts = (c: GoldenCase): Knockout[] =>
    Object.keys(c.knockout).map((edge) => {
      const [from, to] = edge.split('->');
      return { kind: 'edge', from, to, window: c.window };
    });

  describe(`engine against reference values: ${folder}`, () => {
    let model: OpenModel;
    before(async () => (model = await openModel(golden.modelDir)));
    after(() => model.close());

    for (const c of golden.cases) {
      it(`${c.name}: features, logits, hidden states, attention, answer, curves, lens`, async () => {
        const example = await model.prepare(question(c));
        const { info } = example;
        assert.equal(info.prompt, c.prompt);
        assert.deepEqual(info.inputIds, c.input_ids);
        assert.deepEqual([info.tokens.length, info.imageTokens], [c.tokens, c.image_tokens]);
        for (const [name, rows] of Object.entries(c.sets)) assert.deepEqual(info.sets[name], rows, `set ${name}`);

        const { cache } = await example.cleanRun();
        const tensor = (name: string): Float32Array => golden.tensor(`${c.name}.${name}`).data;
        const features = cache.residualRows(0, info.imageStart, info.imageStart + info.imageTokens);
        assertArray(features, tensor('image_features'), 'image features');
        await assertReference(model, example, c, tensor, new Map(knockouts(c).map((k) => [knockoutLabel(k), k])));
        example.release();
      });
    }

    it('forked rows equal full passes', async () => {
      const example = await model.prepare(question(golden.cases[0]));
      const result = await example.check(knockouts(golden.cases[0]));
      assert.ok(result.passed, `largest difference ${result.largestDifference}`);
      example.release();
    });
  });
}
