/** Figures and tables of one question, as a panel shows it: with title, caption and names, whoever asks for them. */
import { basename } from 'node:path';
import type { Answer, Curve, LensResult } from '../engine/types';
import { usage } from '../errors';
import type { Experiment } from '../experiment/types';
import { percent } from '../words';
import { exampleKnockouts, exampleLens, knockoutFigure, lensFigure } from './figures/figures';
import { renderFigure } from './figures/render';
import { curvesTable, lensTable } from './tables/example';

/** What is known of a question, and what is to be made of it. */
export interface ExampleFigure {
  readonly what: 'knockouts' | 'lens';
  /** Of `svg` and `csv` the result is UTF-8 text. */
  readonly format: 'svg' | 'png' | 'pdf' | 'csv';
  readonly title: string;
  readonly about: AboutExample;
  readonly curves: readonly Curve[];
  /** Of the curves: as the panel draws them, see experiment/looks.ts. */
  readonly looks?: readonly number[];
  readonly lens?: LensResult;
  /** How the lens is drawn; left out: with. Its table has both. */
  readonly norm?: 'withNorm' | 'withoutNorm';
}

/** Where the numbers come from; what is not known is left out. */
export interface AboutExample {
  /** As its text is now. */
  readonly experiment?: Experiment | undefined;
  /** That was asked: the text may have changed since. */
  readonly prompt?: string | undefined;
  readonly answer?: Answer | undefined;
  /** The checkpoint's folder. */
  readonly directory?: string | undefined;
}

/** Throws CrossflowError `usage` when there is no lens to draw. */
export async function exampleFigure(request: ExampleFigure): Promise<Uint8Array> {
  const { what, format, title, about, curves, lens, norm = 'withNorm', looks } = request;
  if (what === 'lens' && !lens) throw usage('there is no lens to draw');
  if (format === 'csv') return Buffer.from(what === 'lens' ? lensTable(lens!) : curvesTable(curves));
  const caption = exampleCaption(what, about, curves);
  const said = { title, ...(caption && { caption }) };
  const spec =
    what === 'lens'
      ? lensFigure(exampleLens(lens!, norm, { ...said, ...ownAnswer(about) }))
      : knockoutFigure(exampleKnockouts(curves, { ...said, ...(looks && { looks }) }));
  return renderFigure(spec, format);
}

/** Question and answer, then model and, of knockouts, their window. Lines; only what the figure's numbers belong to. */
export function exampleCaption(
  what: 'knockouts' | 'lens',
  { experiment, prompt, answer, directory }: AboutExample,
  curves: readonly Curve[],
): string {
  const subject = experiment?.subject;
  const question = subject?.kind === 'question' ? subject.question : undefined;
  // A question that has just been changed is not the one that was asked.
  const asked = question !== undefined && prompt?.includes(question) ? question.replace(/\s+/g, ' ').trim() : '';
  const verdict = answer?.correct === undefined ? '' : answer.correct ? ', right' : ', wrong';
  const given = answer ? `${answer.text.trim()} ${percent(answer.probability)}${verdict}` : '';
  const windows = new Set(curves.flatMap((c) => ('window' in c.knockout ? [c.knockout.window] : [])));
  const [window] = windows;
  const facts = [
    ...(directory === undefined ? [] : [basename(directory)]),
    ...(what === 'knockouts' && windows.size === 1 ? [`window ${window}`] : []),
  ];
  return [[asked, given].filter(Boolean).join(' → '), facts.join('; ')].filter(Boolean).join('\n');
}

/** The lens word that is neither gold answer nor option nor chosen: the model's own answer. */
function ownAnswer({ experiment, answer: given }: AboutExample): { readonly answer?: string } {
  const subject = experiment?.subject;
  const answer = given?.text.trim();
  if (!answer || subject?.kind !== 'question') return {};
  const asked = [subject.answer, ...(subject.options ?? [])].map((text) => text?.trim().toLowerCase());
  return asked.includes(answer.toLowerCase()) ? {} : { answer };
}
