/** How the points of knockout curves are grouped into chunks that fit the memory. Pure: runs and plans share it. */
import type { Knockout } from '../experiment/types';
import type { DecoderSpec } from '../spec';
import { activeLayers, type Effect } from './effects';
import { type ForkPlan, planCost, planForks, type Variant } from './forks';

/**
 * Rows of one chunk at most. More rows make the matrix products no faster, and a run can only report, stream and stop
 * between chunks.
 */
const CHUNK_ROWS = 768;

/** A variant and the point of a curve it gives. */
export interface Point extends Variant {
  readonly layer: number;
}

export interface Chunk {
  /** First row that differs, of all its points. */
  readonly first: number;
  readonly points: readonly Point[];
  readonly plan: ForkPlan;
  /** Rows through layers. */
  readonly cost: number;
}

type Sizes = Pick<DecoderSpec, 'layers' | 'hidden' | 'heads' | 'intermediate'>;

/** All points of the curves. `idle`: what cannot change anything is the clean run itself. `effects[i]` is knockout i's. */
export function pointsOf(
  knockouts: readonly Knockout[],
  effects: readonly Effect[],
  layers: number,
): { readonly idle: readonly Point[]; readonly real: readonly Point[] } {
  const points = effects.flatMap((_, effect) =>
    Array.from({ length: layers }, (_, layer): Point => ({
      effect,
      layer,
      ...activeLayers(knockouts[effect], layer, layers),
    })),
  );
  const changes = (p: Point): boolean => effects[p.effect].first !== undefined && p.start < p.end;
  return { idle: points.filter((p) => !changes(p)), real: points.filter(changes) };
}

/** Points with the same first row ride together; the cheap ones go first, so that curves appear at once. */
export function chunksOf(
  points: readonly Point[],
  effects: readonly Effect[],
  spec: Sizes,
  budget: number,
  length: number,
): Chunk[] {
  const byFirst = new Map<number, Point[]>();
  for (const p of points) {
    const first = effects[p.effect].first!;
    const list = byFirst.get(first);
    if (list) list.push(p);
    else byFirst.set(first, [p]);
  }
  const out: Chunk[] = [];
  for (const [first, list] of [...byFirst].sort(([a], [b]) => b - a)) {
    const headed = list.some((p) => effects[p.effect].heads);
    const size = groupsAtOnce(spec, budget, { rows: length - first, length, headed });
    // Sequences without a frozen row before them cannot share a call.
    const most = first === 0 ? 1 : size;
    const even = Math.ceil(list.length / Math.ceil(list.length / most));
    for (let at = 0; at < list.length; at += even) {
      const chunk = list.slice(at, at + even);
      const plan = planForks(chunk, spec.layers);
      out.push({ first, points: chunk, plan, cost: planCost(plan) * (length - first) });
    }
  }
  return out;
}

/**
 * Bytes that one row of a layer takes while it runs: scores, the joined and the normalised ones; a handful of
 * residual-sized values; gate, up and their product. All in f32.
 */
export function bytesPerRow({ hidden, heads, intermediate }: Omit<Sizes, 'layers'>, length: number): number {
  return 4 * (3 * heads * length + 8 * hidden + 3 * intermediate);
}

/**
 * The same of a knockout's row: masks of all layers are there beside what a layer takes, a byte a column. `headed`: some
 * heads stay open, and a layer has a mask of each, twice while it is made.
 */
export function bytesPerForkedRow(spec: Sizes, length: number, headed: boolean): number {
  return bytesPerRow(spec, length) + length * (spec.layers + (headed ? 2 * spec.heads : 0));
}

/** Groups of `rows` rows that fit the chunk budget; at least one. */
function groupsAtOnce(
  spec: Sizes,
  budget: number,
  { rows, length, headed }: { readonly rows: number; readonly length: number; readonly headed: boolean },
): number {
  const fit = Math.min(CHUNK_ROWS, budget / bytesPerForkedRow(spec, length, headed));
  return Math.max(1, Math.floor(fit / rows));
}
