/** Patches chosen by pointer and keys. Pure. */
import type { ImageGeometry } from '../../src/protocol/panel';
import { plural } from '../model/words';
import { tilesAt, type GridChoice } from './places';

export type Way = 'toggle' | 'add' | 'remove';

export function choose(now: readonly number[], patches: readonly number[], way: Way): number[] {
  const set = new Set(now);
  for (const p of patches) {
    if (way === 'remove' || (way === 'toggle' && set.has(p))) set.delete(p);
    else set.add(p);
  }
  return [...set].sort((a, b) => a - b);
}

/** The patch beside this one in its own grid; the same one at the border. */
export function neighbour(g: ImageGeometry, patch: number, key: string): number {
  const place = g.patches[patch];
  const grid = g.grids.find((x) => x.kind === place?.kind);
  if (!place || !grid) return patch;
  let { row, column } = place;
  if (key === 'ArrowLeft') column--;
  else if (key === 'ArrowRight') column++;
  else if (key === 'ArrowUp') row--;
  else if (key === 'ArrowDown') row++;
  else if (key === 'Home') column = 0;
  else if (key === 'End') column = grid.columns - 1;
  row = Math.min(Math.max(row, 0), grid.rows - 1);
  column = Math.min(Math.max(column, 0), grid.columns - 1);
  return grid.cells[row * grid.columns + column];
}

/** `patch 27, row 3, column 8, selected`: what a screen reader says. */
export function patchWords(g: ImageGeometry, patch: number, selected: boolean, choice: GridChoice): string {
  const place = g.patches[patch];
  const where = place ? `row ${place.row + 1}, column ${place.column + 1}` : '';
  const kind = place?.kind === 'tile' ? 'tiles' : 'whole image';
  const tiles = choice === 'both' ? (tilesAt(g).get(patch)?.length ?? 0) : 0;
  const grid =
    g.grids.length > 1 && place
      ? `, ${kind}${tiles > 0 ? ` and ${plural(tiles, 'patch', 'patches')} of the tiles` : ''}`
      : '';
  return `Patch ${patch}, ${where}${grid}, ${selected ? 'selected' : 'not selected'}`;
}
