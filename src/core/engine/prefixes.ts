/**
 * Caches whose first rows (system text and image) other questions on the same image can go on from. A cache nobody
 * uses any more is kept, one at a time: the next question on its image takes it over without a copy.
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
    if (this.idle?.key === key) {
      const { cache, prefix } = this.idle;
      this.idle = undefined;
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
