/** Places on a picture that is seen twice, as a whole and in tiles; and what of a picture is not seen at all. Pure. */
import type { ExampleInfo, ImageGeometry, Rect } from '../../src/protocol/panel';

type Kind = 'base' | 'tile';
/** Which patches clicks mean: those at a place in both grids, or one grid's alone. */
export type GridChoice = 'both' | Kind;

/** A picture with one grid has no choice. */
export function choiceFor(g: ImageGeometry | undefined, wanted: GridChoice): GridChoice {
  const kinds = new Set(g?.grids.map((grid) => grid.kind));
  if (kinds.size === 0 || kinds.size > 1) return wanted;
  const [only] = kinds;
  return only;
}

/** The grid that is drawn and clicked: where both are meant, the coarse one, whose patches are places. */
export const gridOf = (choice: GridChoice): Kind => (choice === 'tile' ? 'tile' : 'base');

/** Of each base patch the tile patches at its place. */
const known = new WeakMap<ImageGeometry, ReadonlyMap<number, readonly number[]>>();

/**
 * Tile patches by the base patch that their centre lies in. A base patch that holds no centre, where tiles are coarser, has
 * the tile patch that holds its own.
 */
export function tilesAt(g: ImageGeometry): ReadonlyMap<number, readonly number[]> {
  let map = known.get(g);
  if (!map) known.set(g, (map = findTiles(g)));
  return map;
}

function findTiles(g: ImageGeometry): Map<number, number[]> {
  const of = (kind: Kind): { patch: number; rect: Rect }[] =>
    g.patches.flatMap(({ kind: k, rect }, patch) => (k === kind && rect ? [{ patch, rect }] : []));
  const [bases, tiles] = [of('base'), of('tile')];
  const out = new Map<number, number[]>(bases.map(({ patch }) => [patch, []]));
  for (const { patch, rect } of tiles) {
    const base = bases.find((b) => contains(b.rect, ...centre(rect)));
    if (base) out.get(base.patch)!.push(patch);
  }
  for (const { patch, rect } of bases) {
    const found = out.get(patch)!;
    if (found.length > 0) continue;
    const tile = tiles.find((t) => contains(t.rect, ...centre(rect)));
    if (tile) found.push(tile.patch);
  }
  return out;
}

const centre = (r: Rect): [number, number] => [r.x + r.width / 2, r.y + r.height / 2];
const contains = (r: Rect, x: number, y: number): boolean =>
  x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height;

/** What a choice of patches means: with the tile patches at the same places where both grids are meant. */
export function withPlaces(g: ImageGeometry, choice: GridChoice, patches: readonly number[]): readonly number[] {
  if (choice !== 'both') return patches;
  const tiles = tilesAt(g);
  return [...new Set(patches.flatMap((p) => [p, ...(tiles.get(p) ?? [])]))];
}

/**
 * Values of image tokens as they are drawn: where both grids are meant, those at one place are summed into its base patch.
 * What has no place, or is of the other grid, is 0.
 */
export function byPlace(example: ExampleInfo, choice: GridChoice, values: Float32Array): Float32Array {
  const g = example.geometry;
  const kind = gridOf(choice);
  const out = values.map((v, i) => (g.patches[i]?.kind === kind && g.patches[i].rect ? v : 0));
  if (choice === 'both')
    for (const [base, tiles] of tilesAt(g)) for (const tile of tiles) out[base] += values[tile] ?? 0;
  return out;
}

/** Parts of the picture that no patch covers: what the processor cuts off. */
export function unseen(g: ImageGeometry): Rect[] {
  const inside = (v: number, end: number): number => Math.min(Math.max(v, 0), end);
  const cuts = (at: (r: Rect) => [number, number], end: number): number[] =>
    [...new Set([0, end, ...g.grids.flatMap(({ rect }) => at(rect).map((v) => inside(v, end)))])].sort((a, b) => a - b);
  const xs = cuts((r) => [r.x, r.x + r.width], g.width);
  const ys = cuts((r) => [r.y, r.y + r.height], g.height);
  const out: Rect[] = [];
  for (let i = 0; i + 1 < xs.length; i++) {
    for (let j = 0; j + 1 < ys.length; j++) {
      const rect = { x: xs[i], y: ys[j], width: xs[i + 1] - xs[i], height: ys[j + 1] - ys[j] };
      if (!g.grids.some((grid) => contains(grid.rect, ...centre(rect)))) out.push(rect);
    }
  }
  return out;
}

/** Less than this is cut off by rounding, not by a crop. */
const TRIFLE = 0.005;

/** The part of the picture that the model sees, 0 to 1; undefined where that is all of it. */
export function seenShare(g: ImageGeometry): number | undefined {
  const cut = unseen(g).reduce((sum, r) => sum + r.width * r.height, 0) / (g.width * g.height);
  return g.grids.length === 0 || cut < TRIFLE ? undefined : 1 - cut;
}
