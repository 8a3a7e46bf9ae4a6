import { mersenne } from 'pure-rand/generator/mersenne';

/**
 * Random whole numbers from the 32-bit Mersenne Twister: the very ones that `numpy.random.RandomState(seed)` draws with
 * `randint(0, end, size)`, whose stream numpy keeps for good (NEP 19). So what is drawn here can be drawn again there.
 */
export class RandomState {
  private readonly generator: ReturnType<typeof mersenne>;

  /** @param seed 0 to 2^32 - 1 */
  constructor(seed: number) {
    this.generator = mersenne(seed);
  }

  /** A number from 0 to `end` - 1; `end` is at most 2^31. */
  below(end: number): number {
    // Numbers of as many bits as the largest needs, drawn anew while too large.
    const mask = end <= 1 ? 0 : 2 ** (32 - Math.clz32(end - 1)) - 1;
    for (;;) {
      const value = mask === 0 ? 0 : this.generator.next() & mask;
      if (value < end) return value;
    }
  }
}
