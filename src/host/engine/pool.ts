/** One engine per model, shared by all editors that show it; the last to leave closes it after a short grace. */
import { realpath } from 'node:fs/promises';
import type { EngineOptions } from '../../core/engine/types';
import { Engine, type EngineHooks } from './engine';

/** Closing an editor and opening another of the same model should not load it twice. */
const RELEASE_GRACE_MS = 15_000;

export interface Lease {
  readonly engine: Engine;
  release(): void;
}

interface Entry {
  readonly engine: Engine;
  users: number;
  closing?: NodeJS.Timeout;
}

export class EnginePool {
  readonly #entries = new Map<string, Entry>();
  #disposed = false;

  constructor(
    private readonly hooks: EngineHooks & { changed?(): void },
    private readonly grace = RELEASE_GRACE_MS,
  ) {}

  get engines(): readonly Engine[] {
    return [...this.#entries.values()].map((entry) => entry.engine);
  }

  async lease(directory: string, options: EngineOptions): Promise<Lease> {
    // Two paths to one folder are one model; a missing folder is the engine's to complain about.
    const key = JSON.stringify([await realpath(directory).catch(() => directory), options]);
    if (this.#disposed) throw new Error('the extension is closing');
    let entry = this.#entries.get(key);
    if (!entry) {
      const engine = new Engine(directory, options, this.hooks);
      engine.onState(() => this.hooks.changed?.());
      this.#entries.set(key, (entry = { engine, users: 0 }));
    }
    clearTimeout(entry.closing);
    entry.users++;
    const taken = entry;
    let released = false;
    return {
      engine: taken.engine,
      release: () => {
        if (released) return;
        released = true;
        if (--taken.users > 0) return;
        taken.closing = setTimeout(() => {
          taken.engine.dispose();
          this.#entries.delete(key);
          this.hooks.changed?.();
        }, this.grace);
        taken.closing.unref();
      },
    };
  }

  dispose(): void {
    this.#disposed = true;
    for (const entry of this.#entries.values()) {
      clearTimeout(entry.closing);
      entry.engine.dispose();
    }
    this.#entries.clear();
  }
}
