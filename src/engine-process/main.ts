/**
 * The child process that holds one model: reads calls from its parent, answers each with a value or a failure, and
 * ends when the parent goes. `session.run()` blocks this thread, so a cancel is seen where the engine yields: between
 * chunks. A parent that cannot wait so long kills the process instead.
 */
import '../core/privacy/no-telemetry';
import { toCrossflowError } from '../core/errors';
import {
  ENGINE_PROTOCOL,
  type CallName,
  type EngineCalls,
  type EngineToHost,
  type Failure,
  type HostToEngine,
} from '../protocol/engine';
import { EngineService } from './service';

const service = new EngineService();
const running = new Map<number, AbortController>();

function send(message: EngineToHost): void {
  // The parent may vanish between a check and the send; then nobody is left to tell.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function failure(e: unknown): Failure {
  const { kind, message, hint, place } = toCrossflowError(e);
  return { kind, message, ...(hint && { hint }), ...(place && { place }) };
}

async function answer<K extends CallName>(id: number, name: K, params: EngineCalls[K]['params']): Promise<void> {
  const abort = new AbortController();
  running.set(id, abort);
  const emit = (event: EngineCalls[K]['event']): void => {
    if (!abort.signal.aborted) send({ type: 'event', id, event });
  };
  try {
    const value = await service.call(name, params, { signal: abort.signal, emit });
    send({ type: 'answer', id, outcome: { ok: true, value } });
  } catch (e) {
    if (toCrossflowError(e).kind === 'failed') console.error(e);
    send({ type: 'answer', id, outcome: { ok: false, failure: failure(e) } });
  } finally {
    running.delete(id);
  }
}

process.on('message', (message: HostToEngine) => {
  if (message.type === 'cancel') running.get(message.id)?.abort();
  else void answer(message.id, message.name, message.params);
});
process.on('disconnect', () => process.exit(0));
send({ type: 'ready', protocol: ENGINE_PROTOCOL, pid: process.pid });
