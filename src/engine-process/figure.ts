/** Figures and tables of what a panel shows, made here so that the editor's own process stays light. */
import { usage } from '../core/errors';
import type { FigureRequest } from '../protocol/engine';
import { curvesTable, lensTable } from './table';

/** The lens is drawn with or without the final norm, as the panel shows it; its table has both. */
export async function figure({
  what,
  format,
  title,
  caption,
  curves,
  lens,
  norm = 'withNorm',
  looks,
  answer,
}: FigureRequest): Promise<Uint8Array> {
  if (what === 'lens' && !lens) throw usage('there is no lens to draw');
  if (format === 'csv') return Buffer.from(what === 'lens' ? lensTable(lens!) : curvesTable(curves));
  const [figures, { renderFigure }] = await Promise.all([
    import('../core/report/figures/figures'),
    import('../core/report/figures/render'),
  ]);
  const spec =
    what === 'lens'
      ? figures.lensFigure(
          figures.exampleLens(lens!, norm, { title, ...(caption && { caption }), ...(answer && { answer }) }),
        )
      : figures.knockoutFigure(
          figures.exampleKnockouts(curves, { title, ...(caption && { caption }), ...(looks && { looks }) }),
        );
  return renderFigure(spec, format);
}
