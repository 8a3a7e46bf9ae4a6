/**
 * One model's engine, through all its processes: started by the first call, started again after a deliberate end, and
 * after a crash only when someone asks for it.
 */
import { basename } from 'node:path';
import type { EngineOptions, ModelInfo, Progress } from '../../core/engine/types';
import type { CallName, EngineCalls, MemoryReport } from '../../protocol/engine';
import { orAborted } from './abort';
import { EngineGone, EngineProcess, engineIsDown, type CallOptions } from './process';

export type EngineState =
  { readonly kind: 'stopped' } | { readonly kind: 'running' } | { readonly kind: 'down'; readonly message: string };

export interface EngineHooks {
  readonly entry: string;
  readonly execArgv?: readonly string[];
  log(line: string): void;
}

interface Running {
  readonly process: EngineProcess;
  readonly opened: Promise<ModelInfo>;
}

export class Engine {
  #running: Running | undefined;
  #state: EngineState = { kind: 'stopped' };
  #generation = 0;
  #disposed = false;
  readonly #listeners = new Set<(state: EngineState) => void>();
  readonly #loading = new Set<(progress: Progress) => void>();

  constructor(
    readonly directory: string,
    readonly options: EngineOptions,
    private readonly hooks: EngineHooks,
  ) {}

  get state(): EngineState {
    return this.#state;
  }
  /** Counts processes: what was prepared in an earlier one is gone. */
  get generation(): number {
    return this.#generation;
  }
  get pid(): number | undefined {
    return this.#running?.process.pid;
  }

  onState(listener: (state: EngineState) => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Starts the process and loads the model unless that is done. */
  async open(onProgress?: (progress: Progress) => void): Promise<ModelInfo> {
    if (this.#disposed || this.#state.kind === 'down') throw engineIsDown();
    if (onProgress) this.#loading.add(onProgress);
    try {
      return await (this.#running ??= this.#start()).opened;
    } finally {
      if (onProgress) this.#loading.delete(onProgress);
    }
  }

  async call<K extends Exclude<CallName, 'open'>>(
    name: K,
    params: EngineCalls[K]['params'],
    options?: CallOptions<K>,
  ): Promise<EngineCalls[K]['result']> {
    await orAborted(this.open(), options?.signal);
    const running = this.#running;
    if (!running) throw engineIsDown();
    return running.process.call(name, params, options);
  }

  /** What the process takes now; undefined when none runs. */
  async memory(): Promise<MemoryReport | undefined> {
    return this.#running?.process.call('memory', {}).catch(() => undefined);
  }

  /** After a crash: allows a new process. Also ends one that still runs. */
  restart(): void {
    this.#running?.process.kill('the engine was restarted');
    this.#running = undefined;
    this.#set({ kind: 'stopped' });
  }

  dispose(): void {
    this.#disposed = true;
    this.#running?.process.kill('the engine is not needed any more');
    this.#running = undefined;
    this.#listeners.clear();
  }

  #start(): Running {
    this.#generation++;
    const process: EngineProcess = new EngineProcess(
      this.hooks.entry,
      { exit: (gone) => this.#exited(process, gone), log: (line) => this.hooks.log(line) },
      this.hooks.execArgv,
    );
    const opened = process.call(
      'open',
      { directory: this.directory, options: this.options },
      {
        onEvent: (event) => this.#loading.forEach((listener) => listener(event.progress)),
      },
    );
    opened.catch((e: unknown) => {
      // A checkpoint that cannot be opened needs no process; the next try starts afresh.
      if (e instanceof EngineGone || this.#running?.process !== process) return;
      this.#running = undefined;
      process.kill('the model could not be opened');
      this.#set({ kind: 'stopped' });
    });
    this.#set({ kind: 'running' });
    return { process, opened };
  }

  #exited(process: EngineProcess, gone: EngineGone): void {
    if (this.#running?.process !== process) return;
    this.#running = undefined;
    this.hooks.log(gone.message);
    this.#set(
      gone.deliberate
        ? { kind: 'stopped' }
        : { kind: 'down', message: `${gone.message} (model: ${basename(this.directory)})` },
    );
  }

  #set(state: EngineState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
