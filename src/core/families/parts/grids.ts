/**
 * Where tokens lie in the picture: grids of cells and the marks between them, put together in the order of the prompt.
 * Every step from image to view is a stretch and a shift along each axis, so a cell is a rectangle in the image as well.
 */
import { usage } from '../../errors';
import type { ImageGeometry, ImageLayout, PatchGrid, PatchPlace, Rect, Size, TokenSource, View } from '../../spec';

/** @throws CrossflowError `usage` for a way to fit pictures that this checkpoint does not know */
export function checkAspect(aspect: string, known: readonly string[]): void {
  if (known.includes(aspect)) return;
  throw usage(`aspect "${aspect}" is not one that this checkpoint knows`, undefined, `it knows ${known.join(', ')}`);
}

/** The picture's run as text: marks as they are, and the placeholder for every other token. */
export const runText = ({ sources }: Pick<ImageLayout, 'sources'>, placeholder: string): string =>
  sources.map((source) => ('text' in source ? source.text : placeholder)).join('');

/** A rectangle of a view's pixels, in pixels of the image. */
export function inImage(frame: Rect, view: View, rect: Rect): Rect {
  const { width, height } = view.resize.at(-1) ?? frame;
  const scaleX = frame.width / width;
  const scaleY = frame.height / height;
  return {
    x: frame.x + (rect.x + view.left) * scaleX,
    y: frame.y + (rect.y + view.top) * scaleY,
    width: rect.width * scaleX,
    height: rect.height * scaleY,
  };
}

interface OpenGrid {
  readonly kind: PatchGrid['kind'];
  readonly rows: number;
  readonly columns: number;
  readonly cells: number[];
  readonly rect: Rect;
}

/** Collects the run's tokens, the first first. */
export class TokenRun {
  private readonly patches: PatchPlace[] = [];
  private readonly grids: OpenGrid[] = [];
  readonly sources: TokenSource[] = [];

  /** Begins a grid, whose cells come later, in any order. */
  grid(kind: PatchGrid['kind'], rows: number, columns: number, rect: Rect): OpenGrid {
    const grid: OpenGrid = { kind, rows, columns, cells: new Array<number>(rows * columns).fill(-1), rect };
    // one without cells cannot be drawn
    if (rows > 0 && columns > 0) this.grids.push(grid);
    return grid;
  }

  /** The next token is a cell of this grid, and the tower's output row `source`. */
  cell(grid: OpenGrid, row: number, column: number, source: number): void {
    const width = grid.rect.width / grid.columns;
    const height = grid.rect.height / grid.rows;
    const rect = { x: grid.rect.x + column * width, y: grid.rect.y + row * height, width, height };
    grid.cells[row * grid.columns + column] = this.patches.length;
    this.patches.push({ kind: grid.kind, row, column, rect });
    this.sources.push({ rows: [source] });
  }

  /** The next token lies nowhere in the picture. */
  other(kind: 'newline' | 'class' | 'mark', row: number, column: number, source: TokenSource): void {
    this.patches.push({ kind, row, column });
    this.sources.push(source);
  }

  geometry({ width, height }: Size, aspect: string): ImageGeometry {
    return { aspect, width, height, patches: this.patches, grids: this.grids };
  }
}
