/** Whether what is asked of a loaded model fits the memory there is now: it was opened for a usual question. */
import type { ModelSpec } from '../spec';
import { failed } from '../errors';
import type { Knockout } from '../experiment/types';
import { memoryForThisProcess } from './memory';
import { memoryPlan } from './plan';
import type { MachineMemory, MemoryPlan } from './plan-types';
import type { ExampleInfo } from '../engine/types';
import { verdictOf } from './verdict';
import { eyeOf } from '../vision/eye';
import { viewsOf, workOf } from './work';

export interface Asked {
  readonly info: ExampleInfo;
  readonly knockouts: readonly Knockout[];
  readonly method: 'fork' | 'full';
}

/** What a loaded model was opened with and holds. */
export interface Loaded {
  readonly spec: ModelSpec;
  /** Bytes. */
  readonly chunkBudget: number;
  /** Bytes of all examples' caches. */
  readonly cacheBytes: number;
}

/**
 * The chunk budget in bytes at which the knockouts fit: the model's own, or less.
 * @throws CrossflowError `failed` when not even the least chunk fits, `usage` for sets that do not exist, as the run would
 */
export function fittingBudget(
  { spec, chunkBudget, cacheBytes }: Loaded,
  { info, knockouts, method }: Asked,
  machine: MachineMemory = memoryForThisProcess(),
): number {
  const { geometry } = info;
  const subject = {
    ...info,
    spec: spec.decoder,
    tokens: info.tokens.length,
    ...viewsOf(eyeOf(spec, geometry.pixels).layOut(geometry, geometry.aspect)),
    knockouts,
    method,
    // Only of a click, which is not asked here.
    window: 1,
  };
  const memoryAt = (budget: number): MemoryPlan => {
    const plan = memoryPlan(spec, [workOf({ ...subject, budget })], chunkBudget, budget, 1, machine);
    // Those of other editors' examples stand beside this one's.
    const others = Math.max(0, cacheBytes - plan.caches);
    return { ...plan, caches: plan.caches + others, peak: plan.peak + others, leastPeak: plan.leastPeak + others };
  };
  const verdict = verdictOf(memoryAt, chunkBudget, spec);
  if (verdict.kind === 'refused') throw failed(verdict.message, undefined, verdict.hint);
  return verdict.kind === 'lowered' ? verdict.budget : chunkBudget;
}
