/** Results that earlier runs left on the disk, read by a process of its own: journals are large, and no model is needed. */
import type { Experiment } from '../../core/experiment/types';
import type { DatasetResult } from '../../protocol/engine';
import type { EngineHooks } from '../engine/engine';
import { EngineProcess } from '../engine/process';

/** Null when there are none yet. Throws `usage` when they are of something else. */
export async function storedResults(experiment: Experiment, hooks: EngineHooks): Promise<DatasetResult | null> {
  const process = new EngineProcess(
    hooks.entry,
    { exit: () => undefined, log: (line) => hooks.log(line) },
    hooks.execArgv,
  );
  try {
    return await process.call('results', { experiment });
  } finally {
    process.kill('its answer has come');
  }
}
