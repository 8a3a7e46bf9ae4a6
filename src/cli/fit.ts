/** Before a model is loaded: does the run fit the memory there is? Refuses, or lowers the chunk budget and says so. */
import type { Model } from '../core/engine/api';
import type { Planner } from '../core/planning/planner';
import type { EngineOptions } from '../core/engine/types';
import { settle } from '../core/planning/verdict';
import type { Experiment } from '../core/experiment/types';
import { reportLine } from './report';

/** What a model is opened for. */
export interface Opening {
  readonly experiment?: Experiment;
  /** Left out: the experiment's own. */
  readonly method?: Experiment['method'];
  /** Looks at the model before anything is planned. */
  check?(spec: Planner['spec']): void;
}

/** Refuses a run that does not fit; for prepareRuns(), which asks about all runs before the first begins. */
export function fitting(
  engine: EngineOptions,
): (run: { readonly experiment: Experiment }, folder: string) => Promise<void> {
  const planners = new Map<string, Promise<Planner>>();
  return async ({ experiment }, folder) => {
    const planning = Promise.all([import('../core/dataset/plan'), import('../core/planning/planner')]);
    const [{ planExperiment }, { Planner }] = await planning;
    const planner = planners.get(folder) ?? Planner.open(folder, engine);
    planners.set(folder, planner);
    const plan = await planExperiment(await planner, experiment, { measure: false });
    // What is only to be told is told when the model is loaded.
    settle(plan, { say: () => undefined, force: false });
  };
}

/**
 * Opens a model for an experiment, where it fits.
 * @throws CrossflowError `failed` when it does not, unless `force`
 */
export async function openFitting(
  folder: string,
  engine: EngineOptions,
  options: Opening & { readonly force?: boolean },
): Promise<Model> {
  const { planExperiment } = await import('../core/dataset/plan');
  const { Planner: planners } = await import('../core/planning/planner');
  const planner = await planners.open(folder, engine);
  options.check?.(planner.spec);
  const { experiment, method } = options;
  const plan = await (experiment
    ? planExperiment(planner, { ...experiment, ...(method && { method }) }, { measure: false })
    : planner.checkpoint({ measure: false }, 'usual', method));
  settle(plan, { say: reportLine, force: options.force ?? false });
  return planner.load(plan);
}
