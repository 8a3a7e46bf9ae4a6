/** Questions for an import: those that calibrate the rounding, and those that both models are asked. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Imported, ImportSettings } from '../core/quantize/import';
import type { ReportComparison } from '../core/quantize/report';
import type { ModelSpec } from '../core/spec';
import type { Compared, Comparison } from '../core/engine/compare';
import type { OpenModel } from '../core/engine/model';
import { cancelled, usage } from '../core/errors';
import { plural } from '../core/words';
import { checkFiles } from '../core/experiment/files';
import { loadExperiment } from '../core/experiment/parse';
import { throwFirst } from '../core/experiment/problems';
import type { Experiment } from '../core/experiment/types';
import { sampleKnockouts, samplePicture, sampleQuestion } from './check-sample';
import { engineOptions, notInstalled, type EngineFlags } from './model';
import type { Bar } from './progress';

/** Questions of a data set that stand for all. */
const COMPARED_QUESTIONS = 8;
const CALIBRATION_QUESTIONS = 32;
/** Of the generated question: the published edges between image, question and last position. */
const SAMPLE_CURVES = 4;

interface Following {
  readonly bar: Bar;
  readonly signal: AbortSignal;
}

/** Runs an import with sums over an experiment's questions, of what each weight is multiplied with. */
export async function withCalibration(
  spec: ModelSpec,
  settings: ImportSettings,
  file: string,
  flags: EngineFlags,
  { bar, signal }: Following,
  run: (settings: ImportSettings) => Promise<Imported>,
): Promise<Imported> {
  const asked = await questionsOf(file, spec.directory, CALIBRATION_QUESTIONS);
  const text = `${await readFile(file, 'utf8')}\n${asked.map((a) => JSON.stringify(a.question)).join('\n')}`;
  const mark = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const recipe = `${settings.recipe}, calibrated with ${plural(asked.length, 'question')} (${mark})`;
  const { Calibration } = await import('../core/engine/calibrate');
  const model = await open(spec.directory, flags);
  const calibration = await Calibration.create(model.parts);
  try {
    for (const [i, { question }] of asked.entries()) {
      if (signal.aborted) throw cancelled();
      bar.update('calibrating', i, asked.length);
      const example = await model.prepare(question, { signal });
      try {
        await calibration.add(example, { signal });
      } finally {
        example.release();
      }
    }
  } finally {
    await calibration.close();
    await model.close();
  }
  return run({ ...settings, recipe, grams: (name) => calibration.grams(name) });
}

/** Asks both models the same and says how far apart they are. */
export async function measureImport(
  original: string,
  imported: string,
  options: EngineFlags & { readonly experiment?: string },
  { bar, signal }: Following,
): Promise<ReportComparison> {
  const { compareModels } = await import('../core/engine/compare');
  const one = await open(original, options);
  const picture = options.experiment === undefined ? await samplePicture() : undefined;
  try {
    const other = await open(imported, options);
    try {
      const asked =
        options.experiment === undefined
          ? [
              {
                question: await sampleQuestion(one, picture?.file ?? '', { signal }),
                knockouts: sampleKnockouts(one.info).slice(0, SAMPLE_CURVES),
              },
            ]
          : await questionsOf(options.experiment, original, COMPARED_QUESTIONS);
      bar.update('comparing', 0, asked.length);
      const control = { signal, onExample: (done: number) => bar.update('comparing', done, asked.length) };
      return document(await compareModels(one, other, asked, control));
    } finally {
      await other.close();
    }
  } finally {
    await one.close();
    await picture?.remove();
  }
}

async function open(folder: string, flags: EngineFlags): Promise<OpenModel> {
  const { openModel } = await import('../core/engine/model').catch((e: unknown) => {
    throw notInstalled(e);
  });
  return openModel(folder, engineOptions(flags));
}

/** The experiment's question, or some of its data set that are spread over it evenly. */
async function questionsOf(file: string, model: string, most: number): Promise<Compared[]> {
  const written = await loadExperiment(file);
  // The model named on the command line counts, not the experiment's own.
  const experiment: Experiment = { ...written, model: { kind: 'folder', path: model } };
  throwFirst(await checkFiles(experiment, written), file);
  const { subject, knockouts } = experiment;
  if (subject.kind === 'question') return [{ question: subject, knockouts }];
  const { readDataset, toQuestion } = await import('../core/dataset/rows');
  const { rows } = await readDataset(subject);
  if (rows.length === 0) throw usage('has no questions', subject.csv);
  const count = Math.min(most, rows.length);
  return Array.from({ length: count }, (_, i) => ({
    question: toQuestion(rows[Math.floor(((i + 0.5) * rows.length) / count)], experiment),
    knockouts,
  }));
}

const document = (c: Comparison): ReportComparison => ({
  largest_curve_difference: c.largestCurveDifference,
  mean_curve_difference: c.meanCurveDifference,
  largest_probability_difference: c.largestProbabilityDifference,
  answers_that_differ: c.answersThatDiffer,
  examples: c.examples.map((e) => ({
    question: e.question,
    answers: e.answer,
    probability: e.probability,
    curves: e.curves.map((curve) => ({ ...curve })),
    residual_errors: [...e.residuals],
  })),
});
