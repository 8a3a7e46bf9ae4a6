/** Looks at everything a study needs before anything is computed: models, CSVs, pictures, results that are there. */
import { closeSync } from 'node:fs';
import { openCheckpoint } from '../families';
import type { ModelSpec } from '../spec';
import { headerOf } from '../journal/header';
import { identify } from '../journal/identity';
import { openJournal } from '../journal/reader';
import type { JournalHeader } from '../journal/record';
import { readDataset, type Dataset } from '../dataset/rows';
import { scanHeader } from '../journal/scan';
import type { EngineOptions } from '../engine/types';
import { toCrossflowError, type CrossflowError } from '../errors';
import { throwFirst, type Problem } from '../experiment/problems';
import type { Experiment } from '../experiment/types';
import { checkFacts } from './check';
import { checkIdentity, journalFiles } from './journals';
import type { PlannedRun, Study } from './types';

export interface ReadyRun extends PlannedRun {
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
}

/**
 * Computes nothing and writes nothing. `folderOf` finds a model's checkpoint folder, or throws; `engine`: as the models will
 * be opened; `look` (at each run, with its model's folder) throws when something else stands against it.
 */
export async function prepareRuns(
  study: Study,
  chosen: readonly PlannedRun[],
  folderOf: (model: Experiment['model']) => Promise<string>,
  engine: EngineOptions = {},
  look?: (run: PlannedRun, folder: string) => Promise<void>,
): Promise<Prepared> {
  const warnings = new Map<string, Problem>();
  const specOf = once(async (model: Experiment['model']) => {
    const spec = await openCheckpoint(await folderOf(model));
    const found = checkFacts(study, spec);
    throwFirst(found, study.file);
    for (const problem of found) warnings.set(problem.message, problem);
    return spec;
  });
  // Models share their tasks' files.
  const datasetOf = once((input: PlannedRun['experiment']['subject']) => readDataset(input));
  const runs: ReadyRun[] = [];
  const problems: RunProblem[] = [];
  for (const run of chosen) {
    try {
      const spec: ModelSpec = await specOf(run.experiment.model);
      const dataset = await datasetOf(run.experiment.subject);
      const identity = await identify(spec, run.experiment, dataset, engine);
      for (const path of journalFiles(study, run)) checkIdentity(study, run, readHeader(path), identity);
      await look?.(run, spec.directory);
      const header = headerOf(spec, run.experiment, dataset, identity, engine, run.model);
      runs.push({ ...run, dataset, header: { ...header, about: { ...header.about, task: run.task } } });
    } catch (e) {
      problems.push({ run, error: toCrossflowError(e) });
    }
  }
  return { runs, problems, warnings: [...warnings.values()] };
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

function readHeader(path: string): JournalHeader | undefined {
  const file = openJournal(path, 'r');
  try {
    return scanHeader(file, path);
  } finally {
    closeSync(file);
  }
}
