/** Knockout curves of one example: forked rows in chunks bounded by memory, or full passes one by one. */
import { type Knockout, knockoutLabel } from '../experiment/types';
import { chunksOf, type Point, pointsOf } from './chunks';
import { step } from './control';
import { type Effect, effectOf } from './effects';
import { runForks } from './forkrun';
import { runFull } from './fullrun';
import type { Parts } from './parts';
import type { CleanRun } from './sequence';
import type { Curve, CurvePart, RunControl } from './types';
import { changeOf } from '../experiment/formulas';

export interface CurvesInput {
  readonly parts: Parts;
  readonly clean: CleanRun;
  readonly length: number;
  readonly knockouts: readonly Knockout[];
  readonly resolve: (set: string) => readonly number[];
  readonly method: 'fork' | 'full';
  /** Bytes a chunk may take; left out, what the parts were made with. */
  readonly budget?: number;
  readonly control?: RunControl & { onPart?(part: CurvePart): void };
}

export async function computeCurves(input: CurvesInput): Promise<Curve[]> {
  const { parts, clean, length, knockouts } = input;
  const { layers, heads } = parts.decoder.spec;
  const base = clean.probability;
  const effects = knockouts.map((k) => effectOf(k, input.resolve, length, heads, clean.sight));
  const scores = knockouts.map(() => new Array<number>(layers).fill(base));
  const give = (p: Point, score: number): void => {
    scores[p.effect][p.layer] = score;
    input.control?.onPart?.({ index: p.effect, layer: p.layer, score, change: changeOf(score, base) });
  };
  const { idle, real } = pointsOf(knockouts, effects, layers);
  for (const p of idle) give(p, base);
  await (input.method === 'full' ? full(input, effects, real, give) : forked(input, effects, real, give));
  return knockouts.map((knockout, i) => ({
    edge: knockoutLabel(knockout),
    knockout,
    window: 'window' in knockout ? knockout.window : layers,
    ...(knockout.kind === 'edge' && knockout.heads ? { heads: knockout.heads } : {}),
    scores: scores[i],
    change: scores[i].map((score) => changeOf(score, base)),
  }));
}

async function forked(
  input: CurvesInput,
  effects: readonly Effect[],
  points: readonly Point[],
  give: (p: Point, score: number) => void,
): Promise<void> {
  const { parts, clean, length, control } = input;
  const budget = input.budget ?? parts.chunkBudget;
  const chunks = chunksOf(points, effects, parts.decoder.spec, budget, length);
  const total = chunks.reduce((sum, c) => sum + c.cost, 0);
  let done = 0;
  for (const chunk of chunks) {
    await step(control, 'knockouts', done, total);
    const ends = await runForks(parts.decoder, clean, length, effects, chunk.plan, chunk.first);
    const scores = await score(parts, clean, ends);
    chunk.points.forEach((p, i) => give(p, scores[i]));
    done += chunk.cost;
  }
  await step(control, 'knockouts', total, total);
}

async function full(
  input: CurvesInput,
  effects: readonly Effect[],
  points: readonly Point[],
  give: (p: Point, score: number) => void,
): Promise<void> {
  const { parts, clean, length, control } = input;
  for (const [i, p] of points.entries()) {
    await step(control, 'knockouts', i, points.length);
    const end = await runFull(parts.decoder, clean, length, effects[p.effect], p);
    give(p, (await score(parts, clean, [end]))[0]);
  }
  await step(control, 'knockouts', points.length, points.length);
}

/** Probability of the clean run's first answer token after the final norm of `rows [H]`. */
async function score(parts: Parts, clean: CleanRun, rows: readonly (Float32Array | undefined)[]): Promise<number[]> {
  const { hidden } = parts.decoder.spec;
  const joined = new Float32Array(rows.length * hidden);
  rows.forEach((row, i) => joined.set(row ?? clean.final, i * hidden));
  return Array.from((await parts.head.run(parts.head.norm(joined), [clean.ids[0]])).chosen);
}
