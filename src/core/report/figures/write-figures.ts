import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../../engine/control';
import { failed } from '../../errors';
import { writeBeside } from '../../files/write-beside';
import { figureTable } from '../tables/tables';
import type { Figure } from './figure';
import type { VegaLiteSpec } from './figure-data';
import { legendFigure } from './legend';
import { renderAll } from './render';

/** A figure that was drawn and written. */
export interface WrittenFigure extends Pick<Figure, 'heading' | 'alt' | 'data'> {
  readonly svg: string;
  /** Where it lies, relative to the folder that was given: `figures/information_flow.pdf`. */
  readonly files: readonly string[];
}

export interface WrittenFigures {
  /** Absolute paths of all that was written. */
  readonly files: readonly string[];
  readonly figures: readonly WrittenFigure[];
}

/**
 * Writes figures to `place` (relative, with `/`) below a folder: each as SVG, PDF and PNG with its numbers as CSV; beside a
 * figure of lines the same for print, `NAME_without_legend`, and `legend_NAME`. Each file is whole, old or new. Throws
 * CrossflowError `failed` when one cannot be written, `cancelled` when stopped.
 */
export async function writeFigures(
  figures: readonly Figure[],
  folder: string,
  place: string,
  signal?: AbortSignal,
): Promise<WrittenFigures> {
  if (figures.length === 0) return { files: [], figures: [] };
  const path = join(folder, place);
  await mkdir(path, { recursive: true }).catch((e: unknown) => {
    throw failed(`cannot be made: ${(e as Error).message}`, path);
  });
  const files: string[] = [];
  const write = (name: string, bytes: string | Uint8Array): void => {
    const file = join(path, name);
    writeBeside(file, [bytes]);
    files.push(file);
  };
  const draw = async (name: string, spec: VegaLiteSpec): Promise<Uint8Array> => {
    await pause(signal);
    const drawn = await renderAll(spec);
    for (const format of ['svg', 'png', 'pdf'] as const) write(`${name}.${format}`, drawn[format]);
    return drawn.svg;
  };
  const written: WrittenFigure[] = [];
  for (const { name, heading, alt, data, spec, print, lines } of figures) {
    const svg = await draw(name, spec);
    write(`${name}.csv`, figureTable(data));
    await draw(`${name}_without_${lines ? 'legend' : 'title'}`, print);
    if (lines) await draw(`legend_${name}`, legendFigure(data));
    const own = ['png', 'svg', 'pdf', 'csv'].map((format) => `${place}/${name}.${format}`);
    written.push({ heading, alt, data, svg: Buffer.from(svg).toString(), files: own });
  }
  return { files, figures: written };
}
