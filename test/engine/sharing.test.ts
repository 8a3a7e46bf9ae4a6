import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type OpenModel, openModel } from '../../src/core/engine/model';
import { DEFAULT_INSTRUCTION, type QuestionInput } from '../../src/core/experiment/types';
import { loadGolden } from '../support/golden';

describe('questions on one picture share its cache', () => {
  const golden = loadGolden('bundled');
  const ask = (question: string): QuestionInput => ({
    image: join(golden.imagesDir, golden.cases[0].image),
    template: 'vicuna_v1',
    instruction: DEFAULT_INSTRUCTION,
    question,
    sets: {},
  });
  const first = ask(golden.cases[0].question);
  const second = ask('On which side of the photo is the black shape?');
  let model: OpenModel;
  before(async () => (model = await openModel(golden.modelDir)));
  after(() => model.close());

  it('a question gives the same after another one on its picture as by itself', async () => {
    const alone = await model.prepare(second);
    const want = await alone.clean();
    alone.release();
    const other = await model.prepare(first);
    await other.clean();
    other.release();
    const after = await model.prepare(second);
    assert.deepEqual(await after.clean(), want);
    after.release();
  });

  it('a released example keeps its cache until what reads it is done', async () => {
    const example = await model.prepare(first);
    // Backwards, each row is a call of its own, and others come in between.
    const text = example.info.tokens.length - example.info.imageStart - example.info.imageTokens;
    const rows = Array.from({ length: text }, (_, i) => example.info.tokens.length - 1 - i);
    const want = await example.attention(rows);
    let release!: () => void;
    const begun = new Promise<void>((resolve) => (release = resolve));
    const reading = example.attention(rows, { progress: (p) => p.done > 2 && release() });
    await begun;
    example.release();
    const next = await model.prepare(second);
    await next.clean();
    assert.deepEqual((await reading).values, want.values);
    next.release();
    await assert.rejects(example.attention(rows), /released/);
  });
});
