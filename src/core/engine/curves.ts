/** Knockout curves of one example: forked rows in chunks bounded by memory, or full passes one by one. */
import { type Knockout, knockoutLabel } from '../experiment/types';
import { step } from './control';
import { activeLayers, type Effect, effectOf } from './effects';
import { runForks } from './forkrun';
import { type ForkPlan, planCost, planForks, type Variant } from './forks';
import { runFull } from './fullrun';
import type { Parts } from './parts';
import type { CleanRun } from './sequence';
import type { Curve, CurvePart, RunControl } from './types';

/**
 * Rows of one chunk at most. More rows make the matrix products no faster, and a run can only report, stream and stop
 * between chunks.
 */
const CHUNK_ROWS = 768;

export interface CurvesInput {
  readonly parts: Parts;
  readonly clean: CleanRun;
  readonly length: number;
  readonly knockouts: readonly Knockout[];
  readonly resolve: (set: string) => readonly number[];
  readonly method: 'fork' | 'full';
  readonly control?: RunControl & { onPart?(part: CurvePart): void };
}

/** A variant and the point of a curve it gives. */
interface Point extends Variant {
  readonly layer: number;
}

export async function computeCurves(input: CurvesInput): Promise<Curve[]> {
  const { parts, clean, length, knockouts } = input;
  const { layers, heads } = parts.decoder.spec;
  const base = clean.probability;
  const effects = knockouts.map((k) => effectOf(k, input.resolve, length, heads));
  const scores = knockouts.map(() => new Array<number>(layers).fill(base));
  const change = (score: number): number => (100 * (score - base)) / base;
  const give = (p: Point, score: number): void => {
    scores[p.effect][p.layer] = score;
    input.control?.onPart?.({ index: p.effect, layer: p.layer, score, change: change(score) });
  };
  const points = effects.flatMap((_, effect) =>
    Array.from({ length: layers }, (_, layer): Point => ({
      effect,
      layer,
      ...activeLayers(knockouts[effect], layer, layers),
    })),
  );
  /** What cannot change anything is the clean run itself. */
  const changes = (p: Point): boolean => effects[p.effect].first !== undefined && p.start < p.end;
  for (const p of points) if (!changes(p)) give(p, base);
  const real = points.filter(changes);
  await (input.method === 'full' ? full(input, effects, real, give) : forked(input, effects, real, give));
  return knockouts.map((knockout, i) => ({
    edge: knockoutLabel(knockout),
    knockout,
    window: 'window' in knockout ? knockout.window : layers,
    ...(knockout.kind === 'edge' && knockout.heads ? { heads: knockout.heads } : {}),
    scores: scores[i],
    change: scores[i].map(change),
  }));
}

async function forked(
  input: CurvesInput,
  effects: readonly Effect[],
  points: readonly Point[],
  give: (p: Point, score: number) => void,
): Promise<void> {
  const { parts, clean, length, control } = input;
  const chunks = chunksOf(points, effects, parts, length);
  const total = chunks.reduce((sum, c) => sum + c.cost, 0);
  let done = 0;
  for (const chunk of chunks) {
    await step(control, 'knockouts', done, total);
    const ends = await runForks(parts.decoder, clean.cache, length, effects, chunk.plan, chunk.first);
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
    const end = await runFull(parts.decoder, clean.cache, length, effects[p.effect], p);
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

interface Chunk {
  /** First row that differs, of all its points. */
  readonly first: number;
  readonly points: readonly Point[];
  readonly plan: ForkPlan;
  /** Rows through layers. */
  readonly cost: number;
}

/** Points with the same first row ride together; the cheap ones go first, so that curves appear at once. */
function chunksOf(points: readonly Point[], effects: readonly Effect[], parts: Parts, length: number): Chunk[] {
  const byFirst = new Map<number, Point[]>();
  for (const p of points) {
    const first = effects[p.effect].first!;
    const list = byFirst.get(first);
    if (list) list.push(p);
    else byFirst.set(first, [p]);
  }
  const out: Chunk[] = [];
  for (const [first, list] of [...byFirst].sort(([a], [b]) => b - a)) {
    const size = groupsAtOnce(parts, length - first, length);
    // Sequences without a frozen row before them cannot share a call.
    const most = first === 0 ? 1 : size;
    const even = Math.ceil(list.length / Math.ceil(list.length / most));
    for (let at = 0; at < list.length; at += even) {
      const chunk = list.slice(at, at + even);
      const plan = planForks(chunk, parts.decoder.spec.layers);
      out.push({ first, points: chunk, plan, cost: planCost(plan) * (length - first) });
    }
  }
  return out;
}

/** Groups of `rows` rows that fit the chunk budget. */
function groupsAtOnce(parts: Parts, rows: number, length: number): number {
  const { hidden, heads, intermediate } = parts.decoder.spec;
  // Scores, the joined and the normalised ones; a handful of residual-sized values; gate, up and their product.
  const perRow = 4 * (3 * heads * length + 8 * hidden + 3 * intermediate);
  const fit = Math.min(CHUNK_ROWS, parts.chunkBudget / perRow);
  return Math.max(1, Math.floor(fit / rows));
}
