/** Trying again what may work the next time. */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled } from '../errors';

/** Something that may be gone the next time: a lost connection, a server that is busy. */
export class Transient extends Error {
  constructor(
    message: string,
    readonly more: {
      /** What the server asks to wait. */
      readonly waitMs?: number;
      /** Something has arrived before it broke off, so the count of tries begins anew. */
      readonly progressed?: boolean;
    } = {},
  ) {
    super(message);
  }
}

export interface Retries {
  readonly tries: number;
  /** Before the second try; each further pause is twice as long, up to `LONGEST_MS`. */
  readonly pauseMs: number;
  readonly signal?: AbortSignal;
  readonly onRetry?: (reason: string, pauseMs: number) => void;
}

const LONGEST_MS = 16_000;
/** No server may keep a user waiting for longer. */
const LONGEST_ASKED_MS = 60_000;

/** Throws the last `Transient` when all tries are used up, and anything else at once. */
export async function withRetries<T>(work: () => Promise<T>, options: Retries): Promise<T> {
  const { tries, pauseMs, signal, onRetry } = options;
  for (let failures = 0; ;) {
    if (signal?.aborted) throw cancelled();
    try {
      return await work();
    } catch (e) {
      if (signal?.aborted) throw cancelled();
      if (!(e instanceof Transient)) throw e;
      failures = e.more.progressed ? 1 : failures + 1;
      if (failures >= tries) throw e;
      // Many clients that lost the same server must not come back in step.
      const own = Math.min(LONGEST_MS, pauseMs * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
      const wait = Math.max(own, Math.min(e.more.waitMs ?? 0, LONGEST_ASKED_MS));
      onRetry?.(e.message, wait);
      await pause(wait, undefined, signal && { signal }).catch(() => {
        throw cancelled();
      });
    }
  }
}
