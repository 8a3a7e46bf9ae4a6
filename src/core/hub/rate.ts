/** How fast bytes arrive, and how long the rest will take. */

/** Older samples say nothing about now. */
const WINDOW_MS = 10_000;
/** Before so long, an estimate jumps. */
const SETTLED_MS = 1000;

export class Rate {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param bytes that have come over the network so far */
  add(bytes: number): void {
    const at = this.now();
    const last = this.#samples.at(-1);
    // Thrown away and begun anew: the past does not count.
    if (last && bytes < last.bytes) this.#samples.length = 0;
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && this.#samples[1].at < at - WINDOW_MS) this.#samples.shift();
  }

  /** Bytes a second, or undefined when it is too early to say. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at - first.at < SETTLED_MS) return undefined;
    return (1000 * (last.bytes - first.bytes)) / (last.at - first.at);
  }

  secondsLeft(missing: number): number | undefined {
    const rate = this.perSecond;
    return rate === undefined || rate === 0 ? undefined : missing / rate;
  }
}
