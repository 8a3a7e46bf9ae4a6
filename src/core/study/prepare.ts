/** Looks at everything a study needs before anything is computed: models, CSVs, pictures, results that are there. */
import { openCheckpoint } from '../families';
import type { ModelSpec } from '../spec';
import { headerOf } from '../journal/header';
import { identify } from '../journal/identity';
import type { JournalHeader } from '../journal/record';
import { absentKnockouts } from '../dataset/absent';
import { readDataset, type Dataset } from '../dataset/rows';
import type { EngineOptions } from '../engine/types';
import { toCrossflowError, type CrossflowError } from '../errors';
import { throwFirst, type Problem } from '../experiment/problems';
import type { Experiment } from '../experiment/types';
import { checkFacts } from './check';
import { checkIdentity, headersOf } from '../journal/journals';
import type { PlannedRun, Study } from './types';

export interface ReadyRun extends PlannedRun {
  readonly spec: ModelSpec;
  readonly dataset: Dataset;
  readonly header: JournalHeader;
}

export interface RunProblem {
  readonly run: PlannedRun;
  readonly error: CrossflowError;
}

export interface Prepared {
  readonly runs: readonly ReadyRun[];
  readonly problems: readonly RunProblem[];
  /** Of the study's text, for one model or another. */
  readonly warnings: readonly Problem[];
  /** What the results will lack, in one line each. */
  readonly lacking: readonly string[];
}

export interface Preparing {
  /** A model's checkpoint folder. Throws when there is none. */
  readonly folderOf: (model: Experiment['model']) => Promise<string>;
  /** As the models will be opened. */
  readonly engine?: EngineOptions;
  /** Looks at each run, with its model's folder; throws when something else stands against it. */
  readonly look?: (run: PlannedRun, folder: string) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Computes nothing and writes nothing. Throws CrossflowError `cancelled` when stopped. */
export async function prepareRuns(
  study: Study,
  chosen: readonly PlannedRun[],
  { folderOf, engine = {}, look, signal }: Preparing,
): Promise<Prepared> {
  const warnings = new Map<string, Problem>();
  const specOf = once(async (model: Experiment['model']) => {
    const spec = await openCheckpoint(await folderOf(model));
    const found = checkFacts(study, model, spec);
    throwFirst(found, study.file);
    for (const problem of found) warnings.set(problem.message, problem);
    return spec;
  });
  // Models share their tasks' files.
  const datasetOf = once((input: PlannedRun['experiment']['subject']) => readDataset(input));
  const runs: ReadyRun[] = [];
  const lacking = new Set<string>();
  const problems: RunProblem[] = [];
  for (const run of chosen) {
    try {
      const spec: ModelSpec = await specOf(run.experiment.model);
      const dataset = await datasetOf(run.experiment.subject);
      const identity = await identify(spec, run.experiment, dataset, engine, signal);
      for (const header of headersOf(run.place)) checkIdentity(run.place, header, identity);
      await look?.(run, spec.directory);
      const header = headerOf(spec, run.experiment, dataset, identity, engine, run.model);
      for (const line of absentKnockouts(dataset.rows, run.experiment)) lacking.add(`${dataset.csv}: ${line}`);
      runs.push({ ...run, spec, dataset, header: { ...header, about: { ...header.about, task: run.task } } });
    } catch (e) {
      const error = toCrossflowError(e);
      if (error.kind === 'cancelled') throw error;
      problems.push({ run, error });
    }
  }
  return { runs, problems, warnings: [...warnings.values()], lacking: [...lacking] };
}

/** Equal arguments are worked on once, whether it succeeds or not. */
function once<A, R>(work: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  const known = new Map<string, Promise<R>>();
  return (argument) => {
    const key = JSON.stringify(argument);
    const found = known.get(key) ?? work(argument);
    known.set(key, found);
    return found;
  };
}
