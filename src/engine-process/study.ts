/** A study for the editor: run, looked at and reported in a process of its own, which loads one model after the other. */
import { fitting, openFitting } from '../core/dataset/fit';
import type { EngineOptions } from '../core/engine/types';
import { failed } from '../core/errors';
import type { Experiment } from '../core/experiment/types';
import { WHOLE } from '../core/journal/place';
import { loadStudy } from '../core/study/parse';
import { prepareRuns } from '../core/study/prepare';
import { reportStudy } from '../core/study/report';
import { runStudy } from '../core/study/run';
import { studyStatus, type StudyStatus } from '../core/study/status';
import { modelKey, type StudyEvent, type StudyResult } from '../protocol/engine';

interface Context {
  readonly signal: AbortSignal;
  readonly emit: (event: StudyEvent) => void;
}

/** Events above this rate would only keep both processes busy. */
const EVENT_EVERY_MS = 200;

/** Asks what no journal holds yet, then makes tables, figures and report. Nothing is asked where any run cannot be. */
export async function runWhole(
  {
    file,
    folders,
    options,
  }: {
    readonly file: string;
    readonly folders: Readonly<Record<string, string>>;
    readonly options: EngineOptions;
  },
  { signal, emit }: Context,
): Promise<StudyResult> {
  const study = await loadStudy(file);
  const folderOf = (model: Experiment['model']): Promise<string> => {
    const folder = folders[modelKey(model)];
    return folder === undefined
      ? Promise.reject(failed('the study names another model by now'))
      : Promise.resolve(folder);
  };
  const prepared = await prepareRuns(study, study.runs, { folderOf, engine: options, look: fitting(options), signal });
  if (prepared.problems[0]) throw prepared.problems[0].error;
  let last = 0;
  const { runs, problems } = await runStudy({
    ...{ runs: prepared.runs, shard: WHOLE, signal },
    // What the process prints goes to the output channel.
    open: ({ spec, experiment }) =>
      openFitting(spec.directory, options, { experiment, say: (line) => console.error(line) }),
    onProgress({ run, all, secondsLeft }) {
      const now = performance.now();
      if (now - last < EVENT_EVERY_MS && all.done < all.total) return;
      last = now;
      emit({
        ...{ type: 'study', what: `${run.model} on ${run.task}`, ...all },
        ...(secondsLeft !== undefined && { secondsLeft }),
      });
    },
  });
  const sum = (key: 'kept' | 'total' | 'failed'): number => runs.reduce((n, run) => n + run[key], 0);
  const left = problems.map(({ error }) => error.line);
  if (runs.length > 0) left.push(...(await report(file, { signal, emit })).left);
  return { asked: sum('total'), kept: sum('kept'), failed: sum('failed'), left, output: study.output };
}

export async function report(
  file: string,
  { signal, emit }: Context,
): Promise<{ readonly output: string; readonly left: readonly string[] }> {
  const study = await loadStudy(file);
  const left: string[] = [];
  await reportStudy(study, {
    signal,
    onProgress: (what, done, total) => emit({ type: 'study', what, done, total }),
    onProblem: (error) => left.push(error.line),
  });
  return { output: study.output, left };
}

export async function status(file: string): Promise<StudyStatus> {
  const study = await loadStudy(file);
  return studyStatus(study, study.runs);
}
