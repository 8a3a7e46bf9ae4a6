/** Opens the model of this process, where it fits the memory there is. */
import type { Model } from '../core/engine/api';
import { Planner } from '../core/engine/planner';
import type { EngineOptions } from '../core/engine/types';
import { size } from '../core/engine/size';
import { refused } from '../core/engine/verdict';

/** @throws CrossflowError `failed` when not even the smallest chunk fits; a budget that is too large is lowered. */
export async function openFitting(directory: string, options: EngineOptions): Promise<Model> {
  const planner = await Planner.open(directory, options);
  // The process serves any question, so what counts is one as the study asks it.
  const plan = await planner.checkpoint({ measure: false }, 'usual');
  const { verdict } = plan;
  if (verdict.kind === 'refused') throw refused(verdict, directory);
  // What the process prints goes to the output channel.
  if (verdict.kind === 'lowered') {
    console.error(
      `a chunk may take ${size(verdict.budget)} in place of ${size(plan.memory.chunk.asked)}: more does not fit`,
    );
  }
  for (const note of verdict.notes) console.error(note);
  return planner.load(plan);
}
