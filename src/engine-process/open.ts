/** Opens the model of this process, where it fits the memory there is. */
import type { Model } from '../core/engine/api';
import { Planner } from '../core/planning/planner';
import type { EngineOptions } from '../core/engine/types';
import { settle } from '../core/planning/verdict';

/** @throws CrossflowError `failed` when not even the smallest chunk fits; a budget that is too large is lowered. */
export async function openFitting(directory: string, options: EngineOptions): Promise<Model> {
  const planner = await Planner.open(directory, options);
  // The process serves any question, so what counts is one as the study asks it.
  const plan = await planner.checkpoint({ measure: false }, 'usual');
  // What the process prints goes to the output channel.
  settle(plan, { say: (line) => console.error(line) });
  return planner.load(plan);
}
