/** A single-question experiment from start to end: what `crossflow run` prints. */
import { failed } from '../errors';
import type { Experiment } from '../experiment/types';
import { defaultTrack, withAnswer } from '../prompt/track';
import type { Model } from './api';
import { resultOf, type Result } from './result';
import type { CurvePart, OnNotes, RunControl } from './types';

/** @throws CrossflowError `usage` for what is wrong in the experiment, `cancelled` when stopped */
export async function runQuestion(
  model: Model,
  experiment: Experiment,
  control?: RunControl & { onPart?(part: CurvePart): void; onNotes?: OnNotes },
): Promise<Result> {
  const { subject, knockouts, method } = experiment;
  if (subject.kind !== 'question') throw failed('this experiment asks a data set, not one question', experiment.file);
  const example = await model.prepare(subject, control);
  if (example.info.notes) control?.onNotes?.(subject.image, example.info.notes);
  try {
    const clean = await example.clean(control);
    const curves = await example.knockouts(knockouts, { ...control, method });
    const byDefault = (): string[] => withAnswer(defaultTrack(subject.answer, subject.options), clean.answer.text);
    const lens = await example.lens(experiment.track ?? byDefault(), control);
    const asked = { model: experiment.model, question: subject, method };
    return resultOf({ model: model.info, asked, example: example.info, clean, curves, lens });
  } finally {
    example.release();
  }
}
