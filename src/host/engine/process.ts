/**
 * One child process and the calls on their way to it. Knows messages, not models; knows nothing of the editor, so that
 * tests run it with the real process.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { CrossflowError, cancelled, failed } from '../../core/errors';
import { NO_TELEMETRY } from '../../core/privacy/telemetry';
import {
  ENGINE_PROTOCOL,
  type CallName,
  type CallOutcome,
  type EngineCalls,
  type EngineToHost,
  type HostToEngine,
} from '../../protocol/engine';

/** The engine yields between chunks of well under a second on small models; beyond this a run counts as stuck. */
export const CANCEL_GRACE_MS = 2000;
/** Starting Node and reading the bundle takes a fraction of a second; a loaded machine gets plenty. */
const READY_TIMEOUT_MS = 30_000;
/** Last words of a process that ended by itself, for its message. */
const KEPT_STDERR = 4000;

/** The process ended while it was needed. */
export class EngineGone extends CrossflowError {
  constructor(
    message: string,
    /** Ended on our own demand (a cancelled run that did not stop), not by a fault. */
    readonly deliberate: boolean,
  ) {
    super('failed', message);
  }
}

export interface CallOptions<K extends CallName> {
  readonly signal?: AbortSignal;
  onEvent?(event: EngineCalls[K]['event']): void;
  /**
   * Milliseconds between a cancel and the kill of a process that does not react; asked at the cancel. Undefined: the
   * call is not worth a process, and is left behind at once.
   */
  cancelGrace?(): number | undefined;
}

interface Pending {
  /** Whose work it is: calls of one editor belong together. Undefined: nothing would be lost with it. */
  readonly owner: string | undefined;
  cancelled: boolean;
  settle(outcome: CallOutcome<unknown>): void;
  fail(e: Error): void;
  event(event: unknown): void;
}

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #ready: Promise<void>;
  #gone: EngineGone | undefined;
  #reason: { readonly message: string; readonly deliberate: boolean } | undefined;
  #next = 1;
  #stderr = '';

  constructor(
    entry: string,
    private readonly on: { exit(gone: EngineGone): void; log(line: string): void },
    execArgv: readonly string[] = [],
  ) {
    // execPath is left alone: it is the editor's own runtime, which fork() starts as plain Node.
    this.#child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Debug flags of the extension host must not reach the child: both would listen on one port.
      execArgv: [...execArgv],
      // The editor's own environment, which other extensions share, is left alone.
      env: { ...process.env, ...NO_TELEMETRY },
    });
    const log = (chunk: Buffer): void => {
      for (const line of chunk.toString().trimEnd().split('\n')) this.on.log(line);
    };
    this.#child.stdout?.on('data', log);
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-KEPT_STDERR);
      log(chunk);
    });
    let welcome!: () => void;
    let refuse!: (e: Error) => void;
    this.#ready = new Promise((resolve, reject) => ([welcome, refuse] = [resolve, reject]));
    this.#ready.catch(() => undefined);
    const timer = setTimeout(() => this.#end('the engine did not start', false), READY_TIMEOUT_MS);
    this.#child.on('message', (message: EngineToHost) => {
      if (message.type !== 'ready') return this.#receive(message);
      clearTimeout(timer);
      if (message.protocol === ENGINE_PROTOCOL) welcome();
      else this.#end('the engine is of another version: install the extension again', false);
    });
    const end = (message: string): void => {
      clearTimeout(timer);
      if (this.#gone) return;
      this.#gone = new EngineGone(this.#reason?.message ?? message, this.#reason?.deliberate ?? false);
      refuse(this.#gone);
      for (const pending of this.#pending.values()) pending.fail(this.#gone);
      this.#pending.clear();
      this.on.exit(this.#gone);
    };
    this.#child.on('error', (e) => end(`the engine could not be started: ${e.message}`));
    this.#child.on('exit', (code, signal) => end(this.#epitaph(code, signal)));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits for the handshake, then asks. Rejects with the failure as a CrossflowError, or EngineGone. */
  async call<K extends CallName>(
    name: K,
    params: EngineCalls[K]['params'],
    options: CallOptions<K> = {},
  ): Promise<EngineCalls[K]['result']> {
    await this.#ready;
    const { signal } = options;
    if (signal?.aborted) throw cancelled();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      let killer: NodeJS.Timeout | undefined;
      const abort = (): void => {
        pending.cancelled = true;
        this.#send({ type: 'cancel', id });
        const grace = options.cancelGrace ? options.cancelGrace() : CANCEL_GRACE_MS;
        if (grace === undefined) pending.fail(cancelled());
        else killer = setTimeout(() => this.#stuck(pending), grace);
      };
      const done = (): void => {
        clearTimeout(killer);
        signal?.removeEventListener('abort', abort);
        this.#pending.delete(id);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const pending: Pending = {
        owner: ownerOf(id, name, params),
        cancelled: false,
        settle: (outcome) => {
          done();
          if (outcome.ok) resolve(outcome.value as EngineCalls[K]['result']);
          else {
            const { kind, message, place, hint } = outcome.failure;
            reject(new CrossflowError(kind, message, place, hint));
          }
        },
        fail: (e) => {
          done();
          reject(signal?.aborted ? cancelled() : e);
        },
        event: (event) => options.onEvent?.(event as EngineCalls[K]['event']),
      };
      this.#pending.set(id, pending);
      this.#send({ type: 'call', id, name, params } as HostToEngine);
    });
  }

  /** Ends the process at once; calls on their way are rejected with this reason. */
  kill(reason: string): void {
    this.#end(reason, true);
  }

  #end(message: string, deliberate: boolean): void {
    if (this.#gone) return;
    this.#reason ??= { message, deliberate };
    this.#child.kill('SIGKILL');
  }

  /**
   * A cancelled call did not stop in time. Others' work is worth more than a quick end: then the call is left behind,
   * and stops by itself where the engine pauses next.
   */
  #stuck(pending: Pending): void {
    const others = [...this.#pending.values()].some(
      (other) => !other.cancelled && other.owner !== undefined && other.owner !== pending.owner,
    );
    if (others) pending.fail(cancelled());
    else this.kill('a cancelled run did not stop, so the engine was ended');
  }

  #send(message: HostToEngine): void {
    if (this.#gone || !this.#child.connected) return;
    this.#child.send(message, (e) => e && this.on.log(`message to the engine lost: ${e.message}`));
  }

  #receive(message: Exclude<EngineToHost, { type: 'ready' }>): void {
    const pending = this.#pending.get(message.id);
    if (message.type === 'event') pending?.event(message.event);
    else pending?.settle(message.outcome);
  }

  #epitaph(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal ? `ended by ${signal}` : `ended with code ${code}`;
    const memory = signal === 'SIGKILL' ? ' (perhaps for want of memory)' : '';
    const last = this.#stderr
      .trim()
      .split('\n')
      .find((line) => /error|abort|fatal/i.test(line));
    return `the engine's process ${how}${memory}${last ? `: ${last.trim().slice(0, 200)}` : ''}`;
  }
}

function ownerOf<K extends CallName>(id: number, name: K, params: EngineCalls[K]['params']): string | undefined {
  if (name === 'memory' || name === 'release') return undefined;
  return 'session' in params ? params.session : `${name} ${id}`;
}

/** What went wrong when a call was made to an engine that is down. */
export const engineIsDown = (): CrossflowError => failed('the engine is not running', undefined, 'restart the engine');
