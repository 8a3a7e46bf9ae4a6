import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type OpenModel, openModel } from '../../src/core/engine/model';
import { residualPath } from '../../src/core/engine/readings';
import { DEFAULT_INSTRUCTION, type Knockout, type QuestionInput } from '../../src/core/experiment/types';
import { assertArray, assertScores } from '../support/close';
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

        const clean = await example.cleanRun();
        const { head, decoder } = model.parts;
        const { layers, heads, hidden } = decoder.spec;
        const tensor = (name: string): Float32Array => golden.tensor(`${c.name}.${name}`).data;
        const end = info.imageStart + info.imageTokens;
        assertArray(clean.cache.residualRows(0, info.imageStart, end), tensor('image_features'), 'image features');
        assertArray(await head.logits(head.norm(clean.final)), tensor('logits'), 'logits');
        const path = await residualPath(model.parts, clean, info.tokens.length, info.tokens.length - 1);
        path.set(head.norm(path.subarray(layers * hidden)), layers * hidden);
        assertArray(path, tensor('last_hidden'), 'hidden states of the last position');
        const attention = await example.attention([info.tokens.length - 1]);
        assert.deepEqual([attention.layers, attention.heads, attention.columns], [layers, heads, c.tokens]);
        assertArray(attention.values, tensor('last_attention'), 'attention of the last position');

        const { answer, top } = await example.clean();
        assert.equal(answer.token, c.first_answer_token);
        assert.deepEqual(answer.ids.slice(0, c.answer_ids.length), c.answer_ids);
        assertScores([answer.probability], [c.base_score], 'base score');
        assertScores(
          top.map((t) => t.probability),
          c.top5.map(([, p]) => p),
          'top five',
        );

        for (const curve of await example.knockouts(knockouts(c))) {
          assertScores(curve.scores, c.knockout[curve.edge], curve.edge);
        }
        const lens = await example.lens(Object.keys(c.lens.with_norm));
        for (const [word, want] of Object.entries(c.lens.with_norm))
          assertScores(lens.withNorm[word], want, `lens ${word}`);
        for (const [word, want] of Object.entries(c.lens.without_norm))
          assertScores(lens.withoutNorm[word], want, `lens ${word}`);
        lens.top.forEach((row, l) =>
          assertScores(
            row.map((t) => t.probability),
            c.lens_top5_with_norm[l].map(([, p]) => p),
            `lens top ${l}`,
          ),
        );
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
