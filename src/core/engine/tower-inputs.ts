/**
 * What a tower's graph is fed beside pixels: where patches of a view of this size stand, how they are turned, which see
 * each other. Pure; in transformers' arithmetic (vision_utils.py, modeling_idefics3.py), rounded to f32 where it is.
 */
import type { Size, TowerSpec } from '../spec';
import { patchGrid } from '../vision/rows';
import { bool, f32, type Feed, type TensorData } from './session';

interface Place {
  readonly row: number;
  readonly column: number;
}

const f = Math.fround;
const int64 = (values: readonly number[], dims: readonly number[]): Feed => ({
  type: 'int64',
  data: BigInt64Array.from(values, BigInt) satisfies TensorData,
  dims,
});

export function towerInputs(tower: TowerSpec, view: Size): Record<string, Feed> {
  const { positions, rope2d, window } = tower;
  const grid = patchGrid(tower, view);
  const places = order(tower, grid);
  return {
    ...(positions.kind === 'bucketed' && bucketed(positions.side, grid, places)),
    ...(positions.kind === 'interpolated' && interpolated(positions.side, grid, places)),
    ...(rope2d && turned(tower, rope2d.theta, places)),
    ...(window && windows(tower, window.pixels, places)),
  };
}

type Grid = ReturnType<typeof patchGrid>;

/** Patches in the order of the graph's rows: row by row, or block by block (graph/vit/embed.ts). */
function order({ patch, merge }: TowerSpec, { rows, columns }: Grid): Place[] {
  const side = patch.kind === 'frames' && merge.kind !== 'none' ? merge.factor : 1;
  const out: Place[] = [];
  for (let row = 0; row < rows; row += side) {
    for (let column = 0; column < columns; column += side) {
      for (let i = 0; i < side * side; i++) out.push({ row: row + Math.floor(i / side), column: column + (i % side) });
    }
  }
  return out;
}

/** The nearest cell at or before a patch's place in a table of `side` x `side`; the patch's own where it is as fine. */
function bucketed(side: number, { rows, columns }: Grid, places: readonly Place[]): Record<string, Feed> {
  const bounds = Array.from({ length: side - 1 }, (_, k) => f(1 / side + k * (1 / side)));
  const bucket = (i: number, n: number): number => {
    const at = Math.min(f(i * f(1 / n)), f(1 - 1e-6));
    return bounds.filter((bound) => bound <= at).length;
  };
  const down = Array.from({ length: rows }, (_, i) => bucket(i, rows));
  const across = Array.from({ length: columns }, (_, i) => bucket(i, columns));
  const cells = places.map(({ row, column }) => down[row] * side + across[column]);
  return { position_rows: int64(cells, [cells.length]) };
}

/** Bilinear with aligned corners: the four cells around each patch, and how much each counts. */
function interpolated(side: number, { rows, columns }: Grid, places: readonly Place[]): Record<string, Feed> {
  const n = places.length;
  const cells: number[] = [];
  const weights = new Float32Array(4 * n);
  const tap = (i: number, count: number, next: 0 | 1): { cell: number; weight: number } => {
    const at = f(f(i * (side - 1)) / Math.max(count - 1, 1));
    const floor = Math.floor(at);
    const weight = Math.max(0, f(1 - Math.abs(f(f(at - floor) - next))));
    return { cell: Math.min(floor + next, side - 1), weight };
  };
  ([0, 1] as const).forEach((below) =>
    ([0, 1] as const).forEach((beside) =>
      places.forEach(({ row, column }) => {
        const [a, b] = [tap(row, rows, below), tap(column, columns, beside)];
        weights[cells.length] = a.weight * b.weight;
        cells.push(a.cell * side + b.cell);
      }),
    ),
  );
  return { position_rows: int64(cells, [4, n]), position_weights: f32(weights, [4, n, 1]) };
}

/** Half of a head's frequencies turn by the row, the other half by the column. */
function turned({ hidden, heads }: TowerSpec, theta: number, places: readonly Place[]): Record<string, Feed> {
  const half = hidden / heads / 2;
  const quarter = half / 2;
  const frequencies = Float32Array.from({ length: quarter }, (_, i) => 1 / theta ** ((2 * i) / half));
  const angles = places.flatMap(({ row, column }) =>
    Array.from({ length: half }, (_, k) => f((k < quarter ? row : column) * frequencies[k % quarter])),
  );
  const dims = [places.length, half];
  return {
    cos: f32(Float32Array.from(angles, Math.cos), dims),
    sin: f32(Float32Array.from(angles, Math.sin), dims),
  };
}

/** Squares of `pixels`, from the upper left corner on; those at the right and the bottom may be smaller. */
function windows(tower: TowerSpec, pixels: number, places: readonly Place[]): Record<string, Feed> {
  const factor = tower.merge.kind === 'none' ? 1 : tower.merge.factor;
  const side = Math.floor(pixels / factor / tower.patchSize) * factor;
  const groups = new Map<string, number[]>();
  places.forEach(({ row, column }, i) => {
    const key = `${Math.floor(row / side)} ${Math.floor(column / side)}`;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  const most = Math.max(...[...groups.values()].map((rows) => rows.length));
  const rows: number[] = [];
  const inside = new Uint8Array(groups.size * most);
  const back = new Array<number>(places.length);
  [...groups.values()].forEach((members, w) => {
    for (let i = 0; i < most; i++) {
      const member = members[i];
      rows.push(member ?? 0);
      if (member === undefined) continue;
      inside[w * most + i] = 1;
      back[member] = w * most + i;
    }
  });
  return {
    window_rows: int64(rows, [groups.size, most]),
    window_inside: bool(inside, [groups.size, 1, 1, most]),
    window_back: int64(back, [back.length]),
  };
}
