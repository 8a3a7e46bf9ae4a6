/** Imported copies of the embedded model, run: the engine's promises hold, and curves stay near the original's. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import { closeFiles } from '../../src/core/checkpoint/read';
import { openTokenizer } from '../../src/core/checkpoint/tokenizer';
import { importQuantized, recipeOf } from '../../src/core/quantize/import';
import { Calibration } from '../../src/core/engine/calibrate';
import { compareModels, type Comparison } from '../../src/core/engine/compare';
import { COPIED_WEIGHTS_BYTES } from '../../src/core/engine/limits';
import { openModel, OpenModel } from '../../src/core/engine/model';
import { Parts } from '../../src/core/engine/parts';
import { loadExperiment } from '../../src/core/experiment/parse';
import { DEFAULT_INSTRUCTION, type Experiment, type QuestionInput } from '../../src/core/experiment/types';
import { openCheckpoint } from '../../src/core/families';
import { loadGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const MODEL = path.join(repositoryRoot, 'models/shapes-llava');

/** Points of percent on the change curves; measured 0.54 and 0.03, 8.3 and 0.35 (docs/decisions.md). */
const ALLOWED = { int8: { largest: 1, mean: 0.1 }, int4: { largest: 20, mean: 1 } } as const;

describe('imported copies of the embedded model', () => {
  const folder = temporaryFolder();
  let original: OpenModel;
  let star: Experiment;
  let question: QuestionInput;

  before(async () => {
    original = await openModel(MODEL, { threads: 1 });
    star = await loadExperiment(path.join(repositoryRoot, 'examples/star.flow.json'));
    assert.ok(star.subject.kind === 'question');
    question = star.subject;
  });
  after(async () => {
    await original.close();
    await closeFiles();
  });

  for (const kind of ['int8', 'int4'] as const) {
    it(`${kind}: forked rows equal full passes, the answer and the curves stay`, async () => {
      const to = folder.join(kind);
      await importQuantized(await openCheckpoint(MODEL), to, recipeOf(kind));
      const model = await openModel(to, { threads: 1 });
      try {
        const example = await model.prepare(question);
        const { passed, largestDifference } = await example.check(star.knockouts.slice(0, 2));
        assert.ok(passed, `largest difference ${largestDifference}`);
        example.release();
        const c = await compareModels(original, model, [{ question, knockouts: star.knockouts }]);
        assert.equal(c.answersThatDiffer, 0);
        assert.ok(c.largestCurveDifference > 0 && c.largestCurveDifference < ALLOWED[kind].largest, describeIt(c));
        assert.ok(c.meanCurveDifference < ALLOWED[kind].mean, describeIt(c));
        const [{ residuals, curves }] = c.examples;
        assert.equal(residuals.length, model.info.layers);
        assert.ok(
          residuals.every((r) => r > 0 && r < (kind === 'int8' ? 0.01 : 0.1)),
          residuals.join(),
        );
        assert.deepEqual(curves.map((x) => x.edge), ['Question->Last', 'Image->Last', 'Last->Last', 'Image->Question', 'Image Central Object->Question', 'Image Without Central Object->Question']); // prettier-ignore
      } finally {
        await model.close();
      }
    });
  }

  it('used where they lie in their files, copies give the same curves as laid out anew', async () => {
    const to = folder.join('int4');
    const spec = await openCheckpoint(to);
    // as if they were too large to be laid out anew
    const large = { ...spec, files: spec.files.map((f) => ({ ...f, bytes: f.bytes + COPIED_WEIGHTS_BYTES })) };
    const copied = await openModel(to, { threads: 1 });
    const mapped = new OpenModel(large, await openTokenizer(spec), await Parts.create(large, { threads: 1 }));
    try {
      const c = await compareModels(copied, mapped, [{ question, knockouts: star.knockouts }]);
      assert.equal(c.answersThatDiffer, 0);
      assert.ok(c.largestCurveDifference < 0.01, describeIt(c));
      const example = await mapped.prepare(question);
      assert.ok((await example.check(star.knockouts.slice(0, 1))).passed);
      example.release();
    } finally {
      await copied.close();
      await mapped.close();
    }
  });

  it('grouped heads, tiles and widths that fill no block: forked rows equal full passes', async () => {
    const golden = loadGolden('llava-next-llama3');
    const [c] = golden.cases;
    const to = folder.join('llama3');
    await importQuantized(await openCheckpoint(golden.modelDir), to, recipeOf('int4'));
    const model = await openModel(to, { threads: 1 });
    try {
      const example = await model.prepare({
        image: path.join(golden.imagesDir, c.image),
        aspect: c.aspect,
        template: c.template,
        instruction: DEFAULT_INSTRUCTION,
        question: c.question,
        sets: {},
      });
      const { passed, largestDifference } = await example.check([
        { kind: 'edge', from: 'Question', to: 'Last', window: 2 },
        { kind: 'edge', from: 'Image', to: 'Question', window: 1, heads: [0] },
      ]);
      assert.ok(passed, `largest difference ${largestDifference}`);
      example.release();
    } finally {
      await model.close();
    }
  });

  it('a model is no different from itself', async () => {
    const c = await compareModels(original, original, [{ question, knockouts: star.knockouts.slice(0, 2) }]);
    assert.equal(c.largestCurveDifference, 0);
    assert.equal(c.largestProbabilityDifference, 0);
    assert.ok(c.examples[0].residuals.every((r) => r === 0));
  });

  it('calibration knows what weights are multiplied with', async () => {
    const calibration = await Calibration.create(original.parts);
    const example = await original.prepare(question);
    try {
      await calibration.add(example);
      const { layers, hidden, intermediate, norm } = original.spec.decoder;
      const [first] = original.spec.decoder.weights.layers;
      const gram = calibration.grams(first.query.weight.name)!;
      assert.equal(calibration.grams(first.value.weight.name), gram);
      assert.equal(calibration.grams(original.spec.decoder.weights.layers[layers - 1].down.weight.name)?.length, Math.ceil(intermediate / 128) * 128 * 128); // prettier-ignore
      assert.equal(calibration.grams(original.spec.decoder.weights.head.name), undefined);
      // an RMS norm leaves rows of mean square 1, before its own weight; rows count as much as there are tokens
      const { readTensor } = await import('../../src/core/checkpoint/read');
      const weight = await readTensor(first.attentionNorm.weight);
      let sum = 0;
      for (let i = 0; i < hidden; i++) sum += gram[i * 128 + i] / weight[i] ** 2;
      const expected = example.info.tokens.length * hidden;
      assert.ok(Math.abs(sum / expected - 1) < 0.05 + norm.epsilon, `${sum} for ${expected}`);
      for (let i = 0; i < hidden; i++) {
        for (let j = 0; j < i; j++) assert.ok(Math.abs(gram[i * 128 + j] - gram[j * 128 + i]) < 1e-2);
      }
    } finally {
      example.release();
      await calibration.close();
    }
  });
});

const describeIt = (c: Comparison): string => `largest ${c.largestCurveDifference}, mean ${c.meanCurveDifference}`;
