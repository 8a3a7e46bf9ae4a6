/** Figures and tables of what a panel shows, made here so that the editor's own process stays light. */
import { usage } from '../core/errors';
import type { FigureRequest } from '../protocol/engine';
import { curvesTable, lensTable } from './table';

export async function figure({ what, format, title, curves, lens }: FigureRequest): Promise<Uint8Array> {
  if (what === 'lens' && !lens) throw usage('there is no lens to draw');
  if (format === 'csv') return Buffer.from(what === 'lens' ? lensTable(lens!) : curvesTable(curves));
  throw usage(`no ${format} of ${title} yet`);
}
