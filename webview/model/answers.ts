/** Requests asked once: the answers that came, the failures, and what is under way. */
export type Asked<V> =
  | { readonly kind: 'asked' }
  | { readonly kind: 'here'; readonly value: V }
  | { readonly kind: 'failed'; readonly message: string };

export class Answers<K, V> {
  private readonly known = new Map<K, Asked<V>>();
  /** Answers to questions asked before clear() are not for us any more. */
  private round = 0;

  constructor(
    private readonly ask: (key: K) => Promise<V>,
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
    const asked: Asked<V> = { kind: 'asked' };
    this.put(key, asked);
    const { round } = this;
    this.ask(key).then(
      (value) => this.arrive(round, key, { kind: 'here', value }),
      (e: unknown) => this.arrive(round, key, { kind: 'failed', message: e instanceof Error ? e.message : String(e) }),
    );
    return asked;
  }

  value(key: K): V | undefined {
    const found = this.known.get(key);
    return found?.kind === 'here' ? found.value : undefined;
  }

  clear(): void {
    this.round++;
    this.known.clear();
  }

  /** Lets everything that has no answer be asked again. */
  retry(): void {
    this.round++;
    for (const [key, asked] of this.known) if (asked.kind !== 'here') this.known.delete(key);
  }

  private arrive(round: number, key: K, asked: Asked<V>): void {
    if (round !== this.round) return;
    this.put(key, asked);
    this.changed();
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
