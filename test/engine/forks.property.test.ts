import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeCurves } from '../../src/core/engine/curves';
import { CHECK_TOLERANCE } from '../../src/core/engine/example';
import { COPIED_WEIGHTS_BYTES } from '../../src/core/engine/limits';
import type { Knockout } from '../../src/core/experiment/types';
import { decoderParts, randomSequence } from '../support/parts';
import { random, type Shape, writeDecoder } from '../support/synthetic';

/** Shapes with every ratio of query to key/value heads; the last is wide enough for more than one thread. */
const SHAPES: readonly Shape[] = [
  { layers: 4, hidden: 32, heads: 4, kvHeads: 4, intermediate: 48, vocab: 50 },
  { layers: 5, hidden: 48, heads: 6, kvHeads: 2, intermediate: 80, vocab: 64 },
  { layers: 3, hidden: 32, heads: 8, kvHeads: 1, intermediate: 40, vocab: 33 },
  { layers: 6, hidden: 64, heads: 4, kvHeads: 2, intermediate: 96, vocab: 70 },
];
const CASES_PER_SHAPE = 50;
/** CROSSFLOW_SEED=N runs one case again. */
const ONLY = process.env.CROSSFLOW_SEED === undefined ? undefined : Number(process.env.CROSSFLOW_SEED);

describe('forked rows equal full passes, in random cases', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'crossflow-forks-'))));
  after(() => rm(folder, { recursive: true }));

  SHAPES.forEach((shape, s) => {
    it(`${CASES_PER_SHAPE} cases with ${shape.heads} heads over ${shape.kvHeads}`, async () => {
      const spec = await writeDecoder(join(folder, String(s)), shape, 'f32', s + 1);
      let moved = 0;
      for (let i = 0; i < CASES_PER_SHAPE; i++) {
        const seed = s * CASES_PER_SHAPE + i;
        if (ONLY !== undefined && ONLY !== seed) continue;
        const next = random(seed + 1000);
        const upTo = (n: number): number => Math.floor(next() * n);
        const parts = await decoderParts(spec, { threads: 1, chunkBudget: 2 ** (12 + upTo(14)) });
        const length = 4 + upTo(40);
        const sequence = randomSequence(parts, length, 1 + upTo(length - 2), seed);
        const clean = await sequence.clean();
        const sets: Record<string, number[]> = {};
        for (const name of ['a', 'b', 'c']) {
          const all = Array.from({ length }, (_, k) => k).filter(() => next() < 0.3);
          sets[name] = all.length ? all : [upTo(length)];
        }
        sets.Last = [length - 1];
        const names = Object.keys(sets);
        const any = (): string => names[upTo(names.length)];
        const window = (): number => 1 + upTo(shape.layers + 2);
        const heads = Array.from({ length: shape.heads }, (_, h) => h).filter(() => next() < 0.5);
        const knockouts: Knockout[] = [
          { kind: 'edge', from: any(), to: any(), window: window() },
          { kind: 'edge', from: any(), to: 'Last', window: window() },
          { kind: 'edge', from: any(), to: any(), window: window(), ...(heads.length ? { heads } : {}) },
          { kind: next() < 0.5 ? 'attention' : 'mlp', of: any(), window: window() },
          { kind: 'prune', of: 'dropped' },
        ];
        // The answer's row stays.
        const dropped = sets[names[upTo(3)]].filter((p) => p < length - 1);
        sets.dropped = dropped.length ? dropped : [0];
        const input = { parts, clean, length, knockouts, resolve: (name: string) => sets[name] };
        const forked = await computeCurves({ ...input, method: 'fork' });
        const full = await computeCurves({ ...input, method: 'full' });
        forked.forEach((curve, k) => {
          curve.scores.forEach((score, l) => {
            const off = Math.abs(score - full[k].scores[l]);
            moved = Math.max(moved, Math.abs(score - clean.probability));
            assert.ok(
              off <= CHECK_TOLERANCE,
              `${curve.edge} at ${l}: ${score} for ${full[k].scores[l]}; again: CROSSFLOW_SEED=${seed}`,
            );
          });
        });
        sequence.release();
        await parts.close();
      }
      if (ONLY === undefined) assert.ok(moved > 0.01, 'no knockout of any case changed anything');
    });
  });

  for (const dtype of ['f32', 'f16', 'bf16'] as const) {
    it(`${dtype} weights give the same copied or in their mapped file`, async () => {
      const spec = await writeDecoder(join(folder, dtype), SHAPES[1], dtype, 5);
      const run = async (bytes: number): Promise<number[]> => {
        const parts = await decoderParts(spec, { threads: 1 }, true, bytes);
        const sequence = randomSequence(parts, 20, 12, 7);
        const clean = await sequence.clean();
        const sets: Record<string, number[]> = { a: [3, 4, 5], Last: [19] };
        const knockouts: Knockout[] = [{ kind: 'edge', from: 'a', to: 'Last', window: 2 }];
        const [curve] = await computeCurves({
          parts,
          clean,
          length: 20,
          knockouts,
          resolve: (s) => sets[s],
          method: 'fork',
        });
        await parts.close();
        return [clean.probability, ...curve.scores];
      };
      const copied = await run(0);
      (await run(2 * COPIED_WEIGHTS_BYTES)).forEach((score, i) =>
        assert.ok(Math.abs(score - copied[i]) <= CHECK_TOLERANCE),
      );
    });
  }
});
