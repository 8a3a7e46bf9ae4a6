import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed } from '../../errors';
import type { ReportFigure } from '../html/content';
import { reportFigure } from '../html/figures';
import type { NamedFigure } from './study-figures';
import { writeFigures } from './write-figures';

export interface Drawn {
  /** Absolute paths of what was written. */
  readonly files: readonly string[];
  readonly figures: readonly ReportFigure[];
}

const FORMATS = ['png', 'svg', 'pdf', 'csv'] as const;

/**
 * Writes figures to `place` (relative, with `/`) below a folder, and gives them for a report in that folder. Throws
 * CrossflowError `failed` when a file cannot be written, `cancelled` when stopped.
 */
export async function drawFigures(
  figures: readonly NamedFigure[],
  folder: string,
  place: string,
  signal?: AbortSignal,
): Promise<Drawn> {
  if (figures.length === 0) return { files: [], figures: [] };
  const path = join(folder, place);
  await mkdir(path, { recursive: true }).catch((e: unknown) => {
    throw failed(`cannot be made: ${(e as Error).message}`, path);
  });
  const files = await writeFigures(figures, path, signal);
  const drawn: ReportFigure[] = [];
  for (const figure of figures) {
    const svg = await readFile(join(path, `${figure.name}.svg`), 'utf8');
    const links = FORMATS.map((format) => `${place}/${figure.name}.${format}`);
    drawn.push(reportFigure(figure, svg, links));
  }
  return { files, figures: drawn };
}
