/** A single-question experiment from start to end: the document that `crossflow run` prints. */
import { failed } from '../errors';
import { type Experiment, knockoutLabel } from '../experiment/types';
import { defaultTrack } from '../prompt';
import type { Model } from './api';
import type { ResultDocument } from './result';
import type { CurvePart, RunControl } from './types';

/** @throws CrossflowError `usage` for what is wrong in the experiment, `cancelled` when stopped */
export async function runQuestion(
  model: Model,
  experiment: Experiment,
  control?: RunControl & { onPart?(part: CurvePart): void },
): Promise<ResultDocument> {
  const { subject, knockouts, method } = experiment;
  if (subject.kind !== 'question') throw failed('this experiment asks a data set, not one question', experiment.file);
  const example = await model.prepare(subject, control);
  try {
    const clean = await example.clean(control);
    const curves = await example.knockouts(knockouts, { ...control, method });
    const lens = await example.lens(experiment.track ?? defaultTrack(subject.answer, subject.options), control);
    const { info } = example;
    const { family, layers, heads, hidden } = model.info;
    return {
      model: { family, layers, heads, hidden },
      device: model.info.device,
      prompt: info.prompt,
      input_ids: info.inputIds,
      tokens: info.tokens.length,
      image_tokens: info.imageTokens,
      sets: info.sets,
      answer: clean.answer,
      top: clean.top,
      knockouts: curves.map((c) => ({
        edge: knockoutLabel(c.knockout),
        ...('window' in c.knockout ? { window: c.window } : {}),
        ...(c.heads ? { heads: c.heads } : {}),
        scores: c.scores,
        change: c.change,
      })),
      lens: { without_norm: lens.withoutNorm, with_norm: lens.withNorm, top: lens.top },
    };
  } finally {
    example.release();
  }
}
