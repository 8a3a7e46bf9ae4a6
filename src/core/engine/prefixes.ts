/**
 * Caches whose first rows (system text and image) other questions on the same image can go on from. A cache nobody
 * uses any more is kept until the next one is needed: a question on the same image takes it over without a copy.
 */
import type { Cache } from './cache';

interface Entry {
  readonly key: string;
  readonly prefix: number;
  readonly cache: Cache;
}

export class Prefixes {
  private readonly used = new Set<Entry>();
  private idle?: Entry;

  /** A cache holding the prefix's rows with room for `rows` in all and an answer, or undefined where none is known. */
  take(key: string, rows: number): Cache | undefined {
    const { idle } = this;
    // Another picture needs its place: two caches would take twice what was planned.
    this.idle = undefined;
    if (idle?.key === key) {
      const { cache, prefix } = idle;
      if (cache.fits(rows)) {
        cache.length = prefix;
        return cache;
      }
      return cache.fork(prefix, rows);
    }
    for (const entry of this.used) if (entry.key === key) return entry.cache.fork(entry.prefix, rows);
    return undefined;
  }

  /** Says that a cache now holds this prefix and is in use. */
  hold(key: string, prefix: number, cache: Cache): void {
    this.used.add({ key, prefix, cache });
  }

  release(cache: Cache): void {
    for (const entry of this.used) {
      if (entry.cache !== cache) continue;
      this.used.delete(entry);
      this.idle = entry;
    }
  }

  get bytes(): number {
    let sum = this.idle?.cache.bytes ?? 0;
    for (const { cache } of this.used) sum += cache.bytes;
    return sum;
  }
}
