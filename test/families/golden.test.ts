import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { type OpenModel, openModel } from '../../src/core/engine/model';
import { type Knockout, knockoutLabel } from '../../src/core/experiment/types';
import { decodeImage } from '../../src/core/vision/decode';
import { prepareImage } from '../../src/core/vision/prepare';
import { assertArray } from '../support/close';
import { assertReference } from '../support/compare';
import { type FamilyCase, familyGolden, knockoutOf, processorPixels, questionOf } from './goldens';
import { GOLDENS } from './registry';

/** Random experiments a family. */
const EXPERIMENTS = 100;
/** Of chunks of knockouts, in bytes: one group of rows at a time, and a few; all fit what a model has of itself. */
const BUDGETS = [1, 400_000];

for (const [folder, experiments] of Object.values(GOLDENS).flatMap((all) =>
  all.map((name) => [name, Math.ceil(EXPERIMENTS / all.length)] as const),
)) {
  const golden = familyGolden(folder);

  describe(`${folder} against the model's own forward`, () => {
    let model: OpenModel;
    let models: readonly OpenModel[] = [];
    before(async () => {
      model = await openModel(golden.modelDir);
      const bounded = await Promise.all(BUDGETS.map((chunkBudget) => openModel(golden.modelDir, { chunkBudget })));
      models = [...bounded, model];
    });
    after(() => Promise.all(models.map((m) => m.close())));
    const tensor = (c: FamilyCase, name: string): Float32Array => golden.tensor(`${c.name}.${name}`).data;

    for (const c of golden.cases) {
      it(`${c.name}: pixel values, and what the tower's taps give`, async () => {
        const { eye, decoder } = model.spec;
        const prepared = prepareImage(await decodeImage(join(golden.imagesDir, c.image)), eye, eye.aspects[0]);
        const { shape, data } = processorPixels(prepared, eye.tower);
        assert.deepEqual(golden.tensor(`${c.name}.pixel_values`).shape, shape);
        assertArray(data, tensor(c, 'pixel_values'), 'pixel values', 1e-6);
        const { taps } = await (await model.parts.vision()).features(prepared);
        const { patches } = prepared.layout.geometry;
        const own = patches.flatMap(({ kind }, i) => (kind === 'mark' ? [] : [i]));
        taps.forEach((rows, i) => {
          const { hidden } = decoder;
          const given = own.flatMap((row) => [...rows.subarray(row * hidden, (row + 1) * hidden)]);
          assertArray(given, tensor(c, `deepstack.${i}`), `deepstack features ${i}`);
        });
        assert.equal(taps.length, decoder.additions.length);
      });

      it(`${c.name}: ids and sets`, async () => {
        const example = await model.prepare(questionOf(golden, c));
        const { info } = example;
        assert.equal(info.prompt, c.prompt);
        assert.deepEqual(
          info.tokens.map((t) => t.id),
          c.input_ids,
        );
        for (const [name, rows] of Object.entries(c.sets)) assert.deepEqual(info.sets[name], rows, `set ${name}`);
        assert.equal(info.sets['Image'].length, c.image_tokens);
        // our own sets, the image and its marks make up the sequence
        const all = ['System', 'Image', 'Image Marker', 'Text'].flatMap((name) => info.sets[name] ?? []);
        assert.deepEqual(
          all.sort((a, b) => a - b),
          c.input_ids.map((_, i) => i),
        );
        example.release();
      });

      it(`${c.name}: features, logits, hidden states, attention, answer, curves, lens`, async () => {
        const example = await model.prepare(questionOf(golden, c));
        const { info } = example;
        const { hidden } = model.parts.decoder.spec;
        const { cache } = await example.cleanRun();
        const entering = cache.residualRows(0, 0, info.tokens.length);
        const features = c.sets['Image'].flatMap((row) => [...entering.subarray(row * hidden, (row + 1) * hidden)]);
        assertArray(features, tensor(c, 'image_features'), 'image features');
        const knockouts = new Map(Object.keys(c.knockout).map((key) => [key, knockoutOf(key, c.window)]));
        await assertReference(model, example, c, (name) => tensor(c, name), knockouts);
        example.release();
      });
    }

    it(`forked rows equal full passes in ${experiments} random experiments`, async () => {
      const { layers, heads } = model.spec.decoder;
      const set = fc.constantFrom(
        'Question',
        'Image',
        'Last',
        'Image Marker',
        'Text',
        'System',
        'Image Central Object',
        'inside',
        'patch',
      );
      const patches = Math.min(...golden.cases.map((c) => c.image_tokens));
      // of the picture, where other rows of it come before and after
      const inside = fc.uniqueArray(fc.nat(patches - 1), { minLength: 1, maxLength: 12 });
      const own = fc.record({ inside, patch: fc.nat(patches - 1) });
      const window = fc.integer({ min: 1, max: layers });
      const chosen = fc.option(fc.uniqueArray(fc.nat(heads - 1), { minLength: 1 }), { nil: undefined });
      const knockout: fc.Arbitrary<Knockout> = fc.oneof(
        fc
          .record({ from: set, to: set, window, heads: chosen })
          .map(({ heads: h, ...edge }) => ({ kind: 'edge' as const, ...edge, ...(h && { heads: h }) })),
        fc.record({ kind: fc.constantFrom('attention' as const, 'mlp' as const), of: set, window }),
        fc.record({ kind: fc.constant('prune' as const), of: fc.constantFrom('Image', 'Image Marker', 'System') }),
      );
      const cases = fc.constantFrom(...golden.cases);
      await fc.assert(
        fc.asyncProperty(
          cases,
          own,
          fc.nat(models.length - 1),
          fc.array(knockout, { minLength: 1, maxLength: 3 }),
          async (c, sets, which, asked) => {
            const example = await models[which].prepare({
              ...questionOf(golden, c),
              sets: {
                inside: { kind: 'patches', patches: sets.inside },
                patch: { kind: 'patches', patches: [sets.patch] },
              },
            });
            // nothing after a set can see it: such an edge is refused, and no question
            const known = asked.filter(
              (k) => k.kind !== 'edge' || (k.from !== 'Text' && k.to !== 'System') || k.from === k.to,
            );
            if (known.length > 0) {
              const result = await example.check(known);
              assert.ok(result.passed, `${known.map(knockoutLabel).join()}: ${result.largestDifference}`);
            }
            example.release();
          },
        ),
        { numRuns: experiments },
      );
    });
  });
}
