/**
 * Requests asked once: the answers that came, the failures, and what is under way. Only the newest question is looked
 * at, so it ends those before it that have no answer yet; they are asked again when they are looked at again.
 */
export type Asked<V> =
  | { readonly kind: 'asked' }
  | { readonly kind: 'here'; readonly value: V }
  | { readonly kind: 'failed'; readonly message: string };

export class Answers<K, V> {
  private readonly known = new Map<K, Asked<V>>();
  private underway: { readonly key: K; readonly abort: AbortController } | undefined;

  constructor(
    /** `signal`: nobody wants the answer any more. */
    private readonly ask: (key: K, signal: AbortSignal) => Promise<V>,
    /** How many are kept; the oldest goes first. */
    private readonly limit: number,
    private readonly changed: () => void,
  ) {}

  /** What is known, without asking. */
  peek(key: K): Asked<V> | undefined {
    return this.known.get(key);
  }

  /** What is known; asks when nothing is. */
  get(key: K): Asked<V> {
    const found = this.known.get(key);
    if (found) {
      this.known.delete(key);
      this.known.set(key, found);
      return found;
    }
    this.stop();
    const asked: Asked<V> = { kind: 'asked' };
    this.put(key, asked);
    const { signal } = (this.underway = { key, abort: new AbortController() }).abort;
    const arrive = (answer: Asked<V>): void => {
      if (signal.aborted) return;
      this.underway = undefined;
      this.put(key, answer);
      this.changed();
    };
    this.ask(key, signal).then(
      (value) => arrive({ kind: 'here', value }),
      (e: unknown) => arrive({ kind: 'failed', message: e instanceof Error ? e.message : String(e) }),
    );
    return asked;
  }

  value(key: K): V | undefined {
    const found = this.known.get(key);
    return found?.kind === 'here' ? found.value : undefined;
  }

  clear(): void {
    this.stop();
    this.known.clear();
  }

  /** Lets everything that has no answer be asked again. */
  retry(): void {
    this.stop();
    for (const [key, asked] of this.known) if (asked.kind !== 'here') this.known.delete(key);
  }

  /** Ends what is under way. */
  private stop(): void {
    const { underway } = this;
    if (!underway) return;
    this.underway = undefined;
    this.known.delete(underway.key);
    underway.abort.abort();
  }

  private put(key: K, asked: Asked<V>): void {
    this.known.delete(key);
    this.known.set(key, asked);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.limit) break;
      this.known.delete(oldest);
    }
  }
}
