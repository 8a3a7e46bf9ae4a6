/** Progress, cancelling and letting others speak between the blocking calls of ONNX Runtime. */
import { setImmediate } from 'node:timers/promises';
import { cancelled } from '../errors';
import type { Phase, RunControl } from './types';

/** Lets messages and signals in, a cancel may be among them. Throws CrossflowError `cancelled` when stopped. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw cancelled();
}

/** To be called between chunks: reports, and pauses. */
export async function step(control: RunControl | undefined, phase: Phase, done: number, total: number): Promise<void> {
  control?.progress?.({ phase, done, total });
  await pause(control?.signal);
}
