/** Plans of families whose picture, or whose whole prompt, sees itself: such rows go together, whatever the budget. */
import assert from 'node:assert/strict';
import * as path from 'node:path';
import type { Span } from '../../src/core/engine/types';
import { openCheckpoint } from '../../src/core/families';
import { memoryPlan } from '../../src/core/planning/plan';
import { typicalPictures } from '../../src/core/planning/typical';
import { type Work, workOf } from '../../src/core/planning/work';
import type { ModelSpec } from '../../src/core/spec';
import { repositoryRoot } from '../support/golden';

const MODEL = path.join(repositoryRoot, 'models/shapes-llava');
const MIB = 1024 ** 2;
const TOKENS = 160;
const PICTURE: Span = [30, 130];

describe('a plan of rows that see each other', () => {
  let spec: ModelSpec;
  before(async () => (spec = await openCheckpoint(MODEL)));
  /** A budget for three rows. */
  const budget = (): number => 3 * 12 * spec.decoder.heads * TOKENS;
  const work = (both?: Span, method: 'fork' | 'full' = 'fork'): Work =>
    workOf({
      spec: spec.decoder,
      tokens: TOKENS,
      imageStart: 30,
      imageTokens: 100,
      views: 1,
      view: { width: 140, height: 140 },
      ...(both && { both }),
      sets: { Image: [40, 41], Question: [140, 141], Last: [TOKENS - 1] },
      knockouts: [{ kind: 'edge', from: 'Image', to: 'Image', window: 3 }],
      window: 3,
      budget: budget(),
      method,
    });
  const spans = (w: Work): Span[] => [...w.prefixCalls, ...w.textCalls].map((c) => [c.past, c.past + c.rows]);

  it('keeps the picture whole', () => {
    assert.ok(spans(work()).every(([start, end]) => end - start <= 3));
    const calls = spans(work(PICTURE));
    assert.ok(calls.some(([start, end]) => start === 30 && end === 130));
    assert.ok(calls.every(([start, end]) => end - start <= 3 || start === 30));
    assert.equal(work(PICTURE).prefix, 130);
  });

  it('shares nothing between questions where the picture sees the question', () => {
    const whole = work([0, TOKENS]);
    assert.equal(whole.prefix, 0);
    assert.deepEqual(whole.prefixCalls, []);
    assert.deepEqual(spans(whole)[0], [0, TOKENS]);
  });

  it('runs a knockout from the first row that can change', () => {
    const first = (both?: Span): number[] => [...new Set(work(both).knockoutCalls.map((c) => c.past))];
    assert.deepEqual(first(), [40]);
    assert.deepEqual(first(PICTURE), [30]);
    assert.deepEqual(first([0, TOKENS]), [0]);
  });

  it('counts the memory of rows that cannot be cut', () => {
    const machine = { total: 64 * 1024 * MIB, available: 64 * 1024 * MIB, limited: false, reliable: true };
    const plan = (both?: Span) => memoryPlan(spec, [work(both)], budget(), budget(), 1, machine);
    const [plain, picture, prompt] = [plan(), plan(PICTURE), plan([0, TOKENS])];
    assert.ok(plain.clean < picture.clean && picture.clean < prompt.clean);
    assert.ok(plain.leastPeak < picture.leastPeak && picture.leastPeak < prompt.leastPeak);
    assert.ok(prompt.leastPeak <= prompt.peak && Number.isFinite(prompt.peak));
  });

  it('of a checkpoint asks its sight', () => {
    const both = (sight: ModelSpec['sight']) => typicalPictures({ ...spec, sight }).usual;
    assert.equal(both('causal').both, undefined);
    const { imageStart, imageTokens } = both('picture');
    assert.deepEqual(both('picture').both, [imageStart, imageStart + imageTokens]);
    assert.deepEqual(both('prompt').both, [0, both('prompt').tokens]);
  });
});
