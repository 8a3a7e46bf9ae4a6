/** A question's own numbers against reference values: what test/engine and test/families compare alike. */
import assert from 'node:assert/strict';
import type { OpenModel } from '../../src/core/engine/model';
import { residualPath } from '../../src/core/engine/readings';
import type { Knockout } from '../../src/core/experiment/types';
import { assertArray, assertScores } from './close';

/** As golden.json writes a case. */
export interface ReferenceCase {
  readonly image: string;
  readonly question: string;
  /** The filled template, the placeholder once. */
  readonly prompt: string;
  readonly image_tokens: number;
  readonly tokens: number;
  readonly window: number;
  /** Token indices in the expanded sequence. */
  readonly sets: Readonly<Record<string, readonly number[]>>;
  /** x, y, width, height in pixels of the image. */
  readonly boxes: readonly (readonly [number, number, number, number])[];
  readonly first_answer_token: number;
  /** Greedy, up to 8. */
  readonly answer_ids: readonly number[];
  readonly answer: string;
  readonly base_score: number;
  readonly top5: readonly (readonly [number, number])[];
  /** `A->B`, in families also `A->B@heads=0` and `mlp:Last`: score per centre layer. */
  readonly knockout: Readonly<Record<string, readonly number[]>>;
  readonly lens: Readonly<Record<'without_norm' | 'with_norm', Readonly<Record<string, readonly number[]>>>>;
  readonly lens_top5_with_norm: readonly (readonly (readonly [number, number])[])[];
}

type Example = Awaited<ReturnType<OpenModel['prepare']>>;

/**
 * Logits, hidden states and attention of the last position, the answer, all curves and the lens.
 * @param tensor the case's array by name
 * @param knockouts by their key in the case
 */
export async function assertReference(
  model: OpenModel,
  example: Example,
  c: ReferenceCase,
  tensor: (name: string) => Float32Array,
  knockouts: ReadonlyMap<string, Knockout>,
): Promise<void> {
  const { head, decoder } = model.parts;
  const { layers, hidden, heads } = decoder.spec;
  const clean = await example.cleanRun();
  assertArray(await head.logits(head.norm(clean.final)), tensor('logits'), 'logits');
  const last = example.info.tokens.length - 1;
  const path = await residualPath(model.parts, clean, last + 1, last);
  path.set(head.norm(path.subarray(layers * hidden)), layers * hidden);
  assertArray(path, tensor('last_hidden'), 'hidden states of the last position');
  const attention = await example.attention([last]);
  assert.deepEqual([attention.layers, attention.heads, attention.columns], [layers, heads, c.tokens]);
  assertArray(attention.values, tensor('last_attention'), 'attention of the last position');

  const { answer, top } = await example.clean();
  assert.equal(answer.token, c.first_answer_token);
  assert.deepEqual(answer.ids.slice(0, c.answer_ids.length), c.answer_ids);
  assertScores([answer.probability], [c.base_score], 'base score');
  const probabilities = (candidates: readonly { readonly probability: number }[]): number[] =>
    candidates.map((t) => t.probability);
  assertScores(probabilities(top), c.top5.map(([, p]) => p), 'top five'); // prettier-ignore

  const keys = [...knockouts.keys()];
  const curves = await example.knockouts([...knockouts.values()]);
  keys.forEach((key, i) => assertScores(curves[i].scores, c.knockout[key], key));
  const lens = await example.lens(Object.keys(c.lens.with_norm));
  for (const [word, want] of Object.entries(c.lens.with_norm)) assertScores(lens.withNorm[word], want, `lens ${word}`);
  for (const [word, want] of Object.entries(c.lens.without_norm)) {
    assertScores(lens.withoutNorm[word], want, `lens ${word}, no norm`);
  }
  lens.top.forEach((row, l) => assertScores(probabilities(row), c.lens_top5_with_norm[l].map(([, p]) => p), `lens top ${l}`)); // prettier-ignore
}
