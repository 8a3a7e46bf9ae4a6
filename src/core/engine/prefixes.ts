/**
 * Caches whose first rows (system text and image) other questions on the same image can go on from. A cache nobody
 * uses any more is kept until the next one is needed: a question on the same image takes it over without a copy.
 */
import type { Cache } from './cache';
import type { Passage } from './passage';

interface Entry {
  readonly key: string;
  readonly prefix: number;
  readonly cache: Cache;
}

export class Prefixes {
  private readonly used = new Set<Entry>();
  private idle?: Entry;
  /** Rows of a picture that a stopped run left on their way. */
  private stopped?: { readonly key: string; readonly passage: Passage };

  /** A cache holding the prefix's rows with room for `rows` in all and an answer, or undefined where none is known. */
  take(key: string, rows: number): Cache | undefined {
    const { idle } = this;
    // Another picture needs its place: two caches would take twice what was planned.
    this.idle = undefined;
    if (this.stopped?.key !== key) this.stopped = undefined;
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

  /** What a stopped run left of this prefix, for one that goes on; of another picture it is dropped, as above. */
  unfinished(key: string, rows: number): Passage | undefined {
    const { stopped } = this;
    this.stopped = undefined;
    return stopped?.key === key && stopped.passage.cache.fits(rows) ? stopped.passage : undefined;
  }

  keep(key: string, passage: Passage): void {
    this.stopped = { key, passage };
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
    const { idle, stopped } = this;
    let sum = (idle?.cache.bytes ?? 0) + (stopped ? stopped.passage.cache.bytes + stopped.passage.bytes : 0);
    for (const { cache } of this.used) sum += cache.bytes;
    return sum;
  }
}
