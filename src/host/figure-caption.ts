/** What an exported figure says of itself, away from the editor that it came from. Pure. */
import path from 'node:path';
import type { Experiment } from '../core/experiment/types';
import { percent } from '../core/words';
import type { Shown } from './live/shown';

/** Question and answer, then model and, of knockouts, their window. Lines; only what the figure's numbers belong to. */
export function figureCaption(
  what: 'knockouts' | 'lens',
  experiment: Experiment | undefined,
  { clean, model, example, curves }: Shown,
): string {
  const subject = experiment?.subject;
  const question = subject?.kind === 'question' ? subject.question : undefined;
  // A question that has just been changed is not the one that was asked.
  const asked =
    question !== undefined && example?.prompt.includes(question) ? question.replace(/\s+/g, ' ').trim() : '';
  const verdict = clean?.answer.correct === undefined ? '' : clean.answer.correct ? ', right' : ', wrong';
  const answer = clean ? `${clean.answer.text.trim()} ${percent(clean.answer.probability)}${verdict}` : '';
  const windows = new Set(curves.flatMap((c) => (c && 'window' in c.knockout ? [c.knockout.window] : [])));
  const [window] = windows;
  const facts = [
    ...(model ? [path.basename(model.directory)] : []),
    ...(what === 'knockouts' && windows.size === 1 ? [`window ${window}`] : []),
  ];
  return [[asked, answer].filter(Boolean).join(' → '), facts.join('; ')].filter(Boolean).join('\n');
}

/** The lens word that is neither gold answer nor option nor chosen: the model's own answer. */
export function ownAnswer(experiment: Experiment | undefined, { clean }: Shown): { readonly answer?: string } {
  const subject = experiment?.subject;
  const answer = clean?.answer.text.trim();
  if (!answer || subject?.kind !== 'question') return {};
  const asked = [subject.answer, ...(subject.options ?? [])].map((text) => text?.trim().toLowerCase());
  return asked.includes(answer.toLowerCase()) ? {} : { answer };
}
