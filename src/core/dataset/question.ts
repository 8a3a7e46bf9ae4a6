import { basename } from 'node:path';
import { CrossflowError } from '../errors';
import type { Example, Model } from '../engine/api';
import type { RunControl } from '../engine/types';
import { knockoutSets, type Experiment, type QuestionInput } from '../experiment/types';
import { shortest32, shortest32All } from './numbers';
import { asksForObjects } from './absent';
import { kindWords, packWords } from './lens-words';
import type { RowRecord } from '../journal/record';
import { toQuestion, type DatasetRow } from './rows';

export interface Asked {
  readonly record: RowRecord;
  /** To be released by the caller, once the next question on the same picture is prepared. */
  readonly example?: Example;
}

/**
 * One question of a data set: asked, and where the answer is right, every knockout and the lens. What is wrong with the
 * row or its picture becomes a `failed` record; what is wrong with the experiment, and cancelling, is thrown.
 */
export async function askRow(
  model: Model,
  experiment: Experiment,
  row: DatasetRow,
  control: RunControl,
  prepared: () => void,
): Promise<Asked> {
  const began = performance.now();
  const base = () => ({
    row: row.index,
    question_id: row.questionId,
    img_id: row.imageId,
    image: basename(row.image),
    image_bytes: row.imageBytes,
    gold: row.answer,
    question: row.question,
    ...(row.options ? { options: [...row.options] as [string, string] } : {}),
    seconds: Math.round(performance.now() - began) / 1000,
  });
  let example: Example;
  let lost: string | undefined;
  try {
    ({ example, lost } = await prepareRow(model, toQuestion(row, experiment), control));
  } catch (e) {
    if (!(e instanceof CrossflowError) || e.kind === 'cancelled') throw e;
    return { record: { ...base(), is: 'failed', error: e.line } };
  }
  prepared();
  try {
    const { answer } = await example.clean(control);
    const answered = { answer: answer.text.trim().toLowerCase(), base: shortest32(answer.probability) };
    if (!answer.correct) return { record: { ...base(), ...answered, is: 'dropped' }, example };
    const curves = await knockouts(example, experiment, control);
    const words = [...new Set([...Object.values(kindWords(row)), ...(experiment.track ?? [])])];
    const { topWords } = experiment;
    const lens = await example.lens(words, { ...control, ...(topWords && { best: topWords }) });
    const follow = (by: Readonly<Record<string, readonly number[]>>) => words.map((w) => shortest32All(by[w] ?? []));
    return {
      record: {
        ...base(),
        ...answered,
        is: 'kept',
        curves,
        lens: {
          words,
          without_norm: follow(lens.withoutNorm),
          with_norm: follow(lens.withNorm),
          ...(lens.best && { best: packWords(lens.best) }),
        },
        ...(lost !== undefined && asksForObjects(experiment) ? { lost } : {}),
      },
      example,
    };
  } catch (e) {
    example.release();
    throw e;
  }
}

/** Scores per knockout; null where a set it names has no token in this question. */
async function knockouts(example: Example, experiment: Experiment, control: RunControl): Promise<(number[] | null)[]> {
  const here = experiment.knockouts.map((k) => knockoutSets(k).every((name) => example.info.sets[name]?.length));
  const list = experiment.knockouts.filter((_, i) => here[i]);
  const curves = list.length > 0 ? await example.knockouts(list, { ...control, method: experiment.method }) : [];
  let next = 0;
  return here.map((is) => (is ? shortest32All(curves[next++]?.scores ?? []) : null));
}

/** A wrong box takes the sets of its objects away, and nothing else. @returns `lost`: what is wrong with it */
async function prepareRow(
  model: Model,
  question: QuestionInput,
  control: RunControl,
): Promise<{ example: Example; lost?: string }> {
  try {
    return { example: await prepare(model, question, control) };
  } catch (e) {
    if (!question.objects || !(e instanceof CrossflowError) || e.kind !== 'usage') throw e;
    const { objects: _, ...rest } = question;
    return { example: await prepare(model, rest, control), lost: e.line };
  }
}

/**
 * Sets of the user's own may not exist in every question (a text that is not there, a patch of a larger picture). They
 * are then absent like an object that is not in the picture, and the question keeps its other knockouts.
 */
async function prepare(model: Model, question: QuestionInput, control: RunControl): Promise<Example> {
  if (Object.keys(question.sets).length === 0) return model.prepare(question, control);
  try {
    return await model.prepare(question, control);
  } catch (e) {
    if (!(e instanceof CrossflowError) || e.kind !== 'usage') throw e;
  }
  const bare = await model.prepare({ ...question, sets: {} }, control);
  let sets: QuestionInput['sets'] = {};
  let example = bare;
  // Round by round, since `not` may name a set that comes later.
  for (let grew = true; grew;) {
    grew = false;
    for (const [name, definition] of Object.entries(question.sets)) {
      if (name in sets) continue;
      const wider = withSets(bare, { ...sets, [name]: definition });
      if (!wider) continue;
      if (example !== bare) example.release();
      example = wider;
      sets = { ...sets, [name]: definition };
      grew = true;
    }
  }
  // Each example holds the caches it shares with the others by itself.
  if (example !== bare) bare.release();
  return example;
}

/** Undefined where the definitions cannot be followed in this question. */
function withSets(example: Example, sets: QuestionInput['sets']): Example | undefined {
  try {
    return example.withSets(sets);
  } catch (e) {
    if (e instanceof CrossflowError && e.kind === 'usage') return undefined;
    throw e;
  }
}
