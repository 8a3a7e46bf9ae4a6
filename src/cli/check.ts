/** `crossflow check`: the fast way and the plain way side by side. */
import type { Example, Model } from '../core/engine/api';
import type { CheckResult } from '../core/engine/types';
import { CrossflowError, usage } from '../core/errors';
import { shortDuration } from '../core/words';
import { checkFiles } from '../core/experiment/files';
import { loadExperiment } from '../core/experiment/parse';
import { throwFirst } from '../core/experiment/problems';
import { knockoutId, type Knockout } from '../core/experiment/types';
import { prepareSample, sampleKnockouts, samplePicture } from './check-sample';
import { interruptSignal } from './interrupt';
import { namedModel, openNamed, type EngineFlags } from './model';
import { onPhase, progressBar } from './progress';
import { print } from './streams';
import { table } from './table';

export interface CheckOptions extends EngineFlags {
  readonly json?: boolean;
  readonly experiment?: string;
}

/** Gives the exit code: 1 when the ways differ by more than the tolerance. */
export async function check(name: string, options: CheckOptions): Promise<number> {
  const signal = interruptSignal();
  const experiment = options.experiment === undefined ? undefined : await loadExperiment(options.experiment);
  if (experiment?.subject.kind === 'dataset') {
    throw usage(
      'a check needs one question, not a data set',
      options.experiment,
      'give an experiment with image and question',
    );
  }
  if (experiment?.knockouts.length === 0)
    throw usage('there are no knockouts to check', options.experiment, 'add "knockouts"');
  if (experiment && options.experiment !== undefined) {
    // The model named on the command line counts, not the experiment's own.
    const model = namedModel(name);
    throwFirst(await checkFiles({ ...experiment, model }, experiment), options.experiment);
  }
  const bar = await progressBar();
  const control = { signal, progress: onPhase(bar) };
  let model: Model | undefined;
  let picture: Awaited<ReturnType<typeof samplePicture>> | undefined;
  try {
    bar.update('loading', 0, 1);
    model = await openNamed(
      namedModel(name),
      options,
      { signal, bar },
      {
        ...(experiment && { experiment }),
        // The reference is the larger of the two ways.
        method: 'full',
      },
    );
    let example: Example;
    let list: readonly Knockout[];
    if (experiment?.subject.kind === 'question') {
      example = await model.prepare(experiment.subject, control);
      list = experiment.knockouts;
    } else {
      picture = await samplePicture();
      example = await prepareSample(model, picture.file, control);
      list = sampleKnockouts(model.info);
    }
    const result = await example.check(list, control);
    bar.stop();
    await print(
      options.json ? JSON.stringify({ model: model.info, ...result }) + '\n' : describe(result, list, model.info.notes),
    );
    return result.passed ? 0 : 1;
  } catch (e) {
    if (e instanceof CrossflowError && e.kind === 'usage' && !e.place && options.experiment !== undefined) {
      throw usage(e.message, options.experiment, e.hint);
    }
    throw e;
  } finally {
    bar.stop();
    await model?.close();
    await picture?.remove();
  }
}

function describe(result: CheckResult, list: readonly Knockout[], notes: readonly string[]): string {
  const { largestDifference, tolerance, forkSeconds, fullSeconds, passed } = result;
  const rows = result.curves.map((curve, i) => [
    (list[i] && knockoutId(list[i])) ?? curve.edge,
    curve.largestDifference.toExponential(1),
  ]);
  const times = `forked ${shortDuration(forkSeconds)}, full ${shortDuration(fullSeconds)}: ${(fullSeconds / forkSeconds).toFixed(1)} times faster`;
  const verdict = passed
    ? `equal: largest difference ${largestDifference.toExponential(1)}, allowed ${tolerance}`
    : `DIFFERENT: largest difference ${largestDifference.toExponential(1)}, allowed ${tolerance}`;
  const said = notes.map((note) => `note: ${note}\n`).join('');
  return `${said}${table([{ title: 'knockout' }, { title: 'largest difference', right: true }], rows)}\n${times}\n${verdict}\n`;
}
