/** Rows of a vision tower: how many a view has, and which pixels each of them stands for. */
import type { Size, TowerSpec } from '../spec';

interface RowGrid {
  readonly rows: number;
  readonly columns: number;
  /** Side of a row's square in pixels of the view. */
  readonly side: number;
  /** Rows before the first square: 1 where the class row is kept. */
  readonly first: number;
}

/** The grid of patches inside the tower's blocks; pixels beyond the last whole patch are not seen. */
export function patchGrid({ patchSize }: Pick<TowerSpec, 'patchSize'>, view: Size): { rows: number; columns: number } {
  return { rows: Math.floor(view.height / patchSize), columns: Math.floor(view.width / patchSize) };
}

/** Patches of a view, the class row not counted. */
export function patchesPerView(tower: Pick<TowerSpec, 'patchSize'>, view: Size): number {
  const { rows, columns } = patchGrid(tower, view);
  return rows * columns;
}

/** Rows that the tower gives for a view after its merge, row by row. */
export function rowGrid(tower: Pick<TowerSpec, 'patchSize' | 'classRow' | 'merge'>, view: Size): RowGrid {
  const { merge, patchSize, classRow } = tower;
  const factor = merge.kind === 'none' ? 1 : merge.factor;
  const { rows, columns } = patchGrid(tower, view);
  const first = merge.kind === 'none' && classRow && !merge.dropClass ? 1 : 0;
  return { rows: Math.floor(rows / factor), columns: Math.floor(columns / factor), side: patchSize * factor, first };
}

/** The number of them. */
export function rowsPerView(tower: Pick<TowerSpec, 'patchSize' | 'classRow' | 'merge'>, view: Size): number {
  const { rows, columns, first } = rowGrid(tower, view);
  return first + rows * columns;
}
