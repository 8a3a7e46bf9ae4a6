/** Before a model is loaded: does what it is opened for fit the memory there is? */
import type { Model } from '../engine/api';
import type { EngineOptions } from '../engine/types';
import type { Experiment } from '../experiment/types';
import { Planner } from '../planning/planner';
import { settle } from '../planning/verdict';
import { planExperiment } from './plan';

/** What a model is opened for. */
export interface Opening {
  /** Left out: a question as the study asks it. */
  readonly experiment?: Experiment;
  /** Left out: the experiment's own. */
  readonly method?: Experiment['method'];
  /** Looks at the model before anything is planned. */
  check?(spec: Planner['spec']): void;
}

/**
 * Refuses a run that does not fit; for prepareRuns(), which asks about all runs before the first begins. `force`: given
 * where there is such a choice.
 */
export function fitting(
  engine: EngineOptions,
  force?: false,
): (run: { readonly experiment: Experiment }, folder: string) => Promise<void> {
  const planners = new Map<string, Promise<Planner>>();
  return async ({ experiment }, folder) => {
    const planner = planners.get(folder) ?? Planner.open(folder, engine);
    planners.set(folder, planner);
    const plan = await planExperiment(await planner, experiment, { measure: false });
    // What is only to be told is told when the model is loaded.
    settle(plan, { say: () => undefined, ...(force !== undefined && { force }) });
  };
}

/**
 * Opens a model where it fits; a chunk budget that is too large is lowered, and `say` told.
 * @throws CrossflowError `failed` when not even the smallest chunk fits, unless `force`
 */
export async function openFitting(
  folder: string,
  engine: EngineOptions,
  options: Opening & {
    /** Left out: there is no such choice. */ readonly force?: boolean;
    readonly say: (line: string) => void;
  },
): Promise<Model> {
  const planner = await Planner.open(folder, engine);
  options.check?.(planner.spec);
  const { experiment, method, say } = options;
  const plan = await (experiment
    ? planExperiment(planner, { ...experiment, ...(method && { method }) }, { measure: false })
    : planner.checkpoint({ measure: false }, 'usual', method));
  settle(plan, { say, ...(options.force !== undefined && { force: options.force }) });
  return planner.load(plan);
}
