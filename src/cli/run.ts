/** `crossflow run`: one question or a data set. */
import { basename, join, resolve } from 'node:path';
import { CrossflowError, failed, type Place } from '../core/errors';
import { checkAgainstModel, factsOfModel } from '../core/experiment/facts';
import { checkFiles } from '../core/experiment/files';
import { changed, loadExperiment, sourceOf } from '../core/experiment/parse';
import { throwFirst, type Problem } from '../core/experiment/problems';
import { knockoutReferences } from '../core/experiment/references';
import type { Experiment } from '../core/experiment/types';
import { interruptSignal } from './interrupt';
import { openNamed, type EngineFlags } from './model';
import type { Result, ResultDocument } from '../core/engine/result';
import { PictureNotes, reportWarnings } from './report';
import { onPhase, progressBar, type Bar } from './progress';
import { checkWritable, print, writeWhole } from './streams';
import { resultTable } from './table';

export interface RunOptions extends EngineFlags {
  readonly json?: boolean;
  readonly method?: 'fork' | 'full';
  readonly output?: string;
}

interface Run {
  /** As the user named it. */
  readonly file: string;
  readonly experiment: Experiment;
  readonly options: RunOptions;
  readonly signal: AbortSignal;
}

/** Gives the exit code. */
export async function run(file: string, options: RunOptions): Promise<number> {
  const signal = interruptSignal();
  const written = await loadExperiment(file, (problems) => reportWarnings(problems, file));
  check(await checkFiles(written), file);
  const isDataset = written.subject.kind === 'dataset';
  const output = options.output === undefined ? written.output : resolve(options.output);
  const experiment = changed(written, { output, method: options.method ?? written.method });
  if (isDataset || options.output !== undefined) await checkWritable(output);
  const run: Run = { file, experiment, options, signal };
  const bar = await progressBar();
  try {
    bar.update('loading', 0, 1);
    if (!isDataset) return await question(run, bar);
    const { runDatasetExperiment } = await import('./dataset');
    return await runDatasetExperiment(run, bar);
  } catch (e) {
    throw placed(e, experiment, file);
  } finally {
    bar.stop();
  }
}

function check(problems: readonly Problem[], file: string): void {
  throwFirst(problems, file);
  reportWarnings(problems, file);
}

async function question({ file, experiment, options, signal }: Run, bar: Bar): Promise<number> {
  const model = await openNamed(experiment.model, options, { signal, bar }, {
    experiment,
    check: (spec) => check(checkAgainstModel(experiment, factsOfModel(spec)), file),
  }); // prettier-ignore
  let result: Result;
  try {
    const { runQuestion } = await import('../core/engine/run');
    const onNotes = new PictureNotes().tell;
    result = await runQuestion(model, experiment, { signal, progress: onPhase(bar), onNotes });
  } finally {
    await model.close();
  }
  const { subject, window } = experiment;
  if (subject.kind !== 'question') throw failed('this experiment asks a data set, not one question', experiment.file);
  if (options.json || options.output !== undefined) {
    bar.update('checksum', 0, 1);
    const { provenanceOf } = await import('../core/journal/provenance');
    const document: ResultDocument = {
      ...result,
      provenance: await provenanceOf(model.spec, subject.image, signal),
    };
    bar.stop();
    const json = JSON.stringify(document) + '\n';
    if (options.output !== undefined) {
      const name = basename(file).replace(/(\.flow)?\.jsonc?$/, '');
      await writeWhole(join(experiment.output, `${name}.result.json`), json);
    }
    if (options.json) await print(json);
  }
  bar.stop();
  if (!options.json) await print(resultTable(result, subject.question, subject.answer, window));
  return 0;
}

/** An error of the engine that says no place belongs to the experiment: to the set it names, or to the file. */
function placed(e: unknown, experiment: Experiment, file: string): unknown {
  if (!(e instanceof CrossflowError) || e.kind !== 'usage') return e;
  if (e.place) return e.place.file === experiment.file ? moved(e, { ...e.place, file }) : e;
  const source = sourceOf(experiment);
  const name = /\bset "([^"]+)"/.exec(e.message)?.[1];
  const range =
    name === undefined
      ? undefined
      : source.node(['sets', name])
        ? source.keyRange(['sets', name])
        : experiment.knockouts.flatMap((_, i) => knockoutReferences(source, i)).find((r) => r.name === name)?.range;
  const place = range ? { file, ...source.position(range.offset) } : { file };
  return moved(e, place);
}

const moved = (e: CrossflowError, place: Place): CrossflowError =>
  new CrossflowError(e.kind, e.message, place, e.hint, { cause: e });
