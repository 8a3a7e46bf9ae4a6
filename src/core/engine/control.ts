/** Progress, cancelling and letting others speak between the blocking calls of ONNX Runtime. */
import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../errors';
import type { Phase, RunControl } from './types';

/**
 * To be called between chunks: reports, lets messages in (a cancel may be among them), and throws when the run was
 * stopped.
 */
export async function step(control: RunControl | undefined, phase: Phase, done: number, total: number): Promise<void> {
  control?.progress?.({ phase, done, total });
  await setImmediate();
  if (control?.signal?.aborted) throw cancelled();
}
