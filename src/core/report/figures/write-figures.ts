import { join } from 'node:path';
import { pause } from '../../engine/control';
import { writeBeside } from '../../files/write-beside';
import type { VegaLiteSpec } from './figures';
import { legendFigure } from './legend';
import { renderAll } from './render';
import type { NamedFigure } from './study-figures';
import { figureTable } from '../tables/tables';

/**
 * Writes each figure to `folder`, which exists, as SVG, PDF and PNG with its numbers as CSV; beside a figure of lines the
 * same for print, `NAME_without_legend`, and `legend_NAME`. Each file is whole, old or new.
 *
 * @returns their absolute paths
 */
export async function writeFigures(
  figures: readonly NamedFigure[],
  folder: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const files: string[] = [];
  const write = (name: string, bytes: string | Uint8Array): void => {
    const path = join(folder, name);
    writeBeside(path, [bytes]);
    files.push(path);
  };
  const draw = async (name: string, spec: VegaLiteSpec): Promise<void> => {
    await pause(signal);
    const drawn = await renderAll(spec);
    for (const format of ['svg', 'png', 'pdf'] as const) write(`${name}.${format}`, drawn[format]);
  };
  for (const { name, data, spec, print, lines } of figures) {
    await draw(name, spec);
    write(`${name}.csv`, figureTable(data));
    await draw(`${name}_without_${lines ? 'legend' : 'title'}`, print);
    if (lines) await draw(`legend_${name}`, legendFigure(data));
  }
  return files;
}
