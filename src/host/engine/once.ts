/** A call that needs no model that is open already, to a process of its own: no engine that works or is down stands in its way. */
import type { EngineCalls } from '../../protocol/engine';
import type { EngineHooks } from './engine';
import { EngineProcess, type CallOptions } from './process';

export async function callOnce<K extends 'results' | 'figure' | 'document' | 'study' | 'studyStatus' | 'studyReport'>(
  hooks: EngineHooks,
  name: K,
  params: EngineCalls[K]['params'],
  options: CallOptions<K> = {},
): Promise<EngineCalls[K]['result']> {
  const process = new EngineProcess(
    hooks.entry,
    { exit: () => undefined, log: (line) => hooks.log(line) },
    hooks.execArgv,
  );
  try {
    return await process.call(name, params, options);
  } finally {
    process.kill('its answer has come');
  }
}
