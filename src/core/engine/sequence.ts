/** One expanded sequence and its clean run: what every question about it starts from. */
import { checkFinite } from '../checkpoint/finite';
import { cancelled, failed, toCrossflowError } from '../errors';
import { Cache, MAX_ANSWER_TOKENS } from './cache';
import { pause, step } from './control';
import type { Parts } from './parts';
import { blockRows, CALL_SECONDS, type EnteringRows, Passage, passageCost, type Place } from './passage';
import type { Candidate, RunControl } from './types';

export interface SequenceInput extends Place {
  /** Number of rows: before, image, after. */
  readonly length: number;
  /** Rows that every question on the same image shares: a place where `sight` may be cut. May be 0. */
  readonly prefix: number;
  /** Equal for sequences with the same prefix. */
  readonly prefixKey: string;
  /** The first `prefix`. */
  prefixRows(): Promise<EnteringRows>;
  /** The others. */
  textRows(): Promise<EnteringRows>;
}

/** What is known after the clean run. */
export interface CleanRun extends Place {
  readonly cache: Cache;
  /** Last position's residual after the last layer, before the final norm, `[H]`. */
  readonly final: Float32Array;
  /** Greedy answer, ending with the end token where one came. */
  readonly ids: readonly number[];
  readonly probability: number;
  readonly top: readonly Pick<Candidate, 'token' | 'probability'>[];
}

export class Sequence {
  private done?: CleanRun;
  private running?: Promise<CleanRun>;
  private users = 1;
  /** Who waits for the run, the one that began it among them. */
  private readonly watchers = new Set<RunControl>();

  constructor(
    private readonly parts: Parts,
    readonly input: SequenceInput,
  ) {}

  share(): this {
    if (this.users === 0) throw failed('this example was released');
    this.users++;
    return this;
  }

  /**
   * Gives the clean run to `read` and holds it until that is done: a released cache is taken over by the next question
   * on its picture, which must not happen under a reader.
   */
  async using<T>(control: RunControl | undefined, read: (run: CleanRun) => Promise<T>): Promise<T> {
    this.share();
    try {
      return await read(await this.clean(control));
    } finally {
      this.release();
    }
  }

  release(): void {
    if (--this.users > 0) return;
    if (this.done) this.parts.prefixes.release(this.done.cache);
  }

  /** Runs once; a run that one caller cancels is begun again for the next who asks. */
  async clean(control?: RunControl): Promise<CleanRun> {
    while (!this.done) {
      if (this.running) await this.follow(this.running, control);
      else {
        if (control) this.watchers.add(control);
        this.running = this.compute({
          ...control,
          progress: (p) => this.watchers.forEach((watcher) => watcher.progress?.(p)),
        });
        try {
          this.done = await this.running;
        } finally {
          this.running = undefined;
          if (control) this.watchers.delete(control);
        }
      }
    }
    return this.done;
  }

  /** Waits for a run that another caller began: with its progress, and no longer than this one wants to. */
  private async follow(running: Promise<CleanRun>, control?: RunControl): Promise<void> {
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    if (!control) return ended;
    const { signal } = control;
    let stop: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    signal?.addEventListener('abort', stop);
    this.watchers.add(control);
    try {
      if (!signal?.aborted) await Promise.race([ended, stopped]);
    } finally {
      this.watchers.delete(control);
      signal?.removeEventListener('abort', stop);
    }
    if (signal?.aborted) throw cancelled();
  }

  private async compute(control?: RunControl): Promise<CleanRun> {
    const { length, prefix, prefixKey, sight, positions } = this.input;
    const { prefixes, decoder, chunkBudget } = this.parts;
    const block = blockRows(decoder.spec, length, chunkBudget);
    const textCost = passageCost(sight.runs(prefix, length, block), decoder.spec.layers);
    const known = prefixes.take(prefixKey, length);
    const picture = known ? undefined : await this.picture(block, control);
    const total = (picture?.left ?? 0) + textCost;
    /** `after`: what follows this passage. */
    const run = (passage: Passage, after: number): Promise<Float32Array> =>
      passage.run(
        () => step(control, 'clean', total - after - passage.left, total),
        control?.callSeconds ?? CALL_SECONDS,
      );
    await step(control, 'clean', 0, total);
    if (picture && prefix > 0) await this.keeping(picture, () => run(picture, textCost));
    const cache = known ?? picture!.cache;
    try {
      prefixes.hold(prefixKey, prefix, cache);
      const final = await run(new Passage(decoder, this.input, cache, await this.input.textRows(), block), 0);
      const { ids, probability, top } = await this.answer(cache, final, control);
      return { cache, sight, positions, final, ids, probability, top };
    } catch (e) {
      prefixes.release(cache);
      throw e;
    }
  }

  /** The picture's rows on their way: from the start, or from where a run that was stopped left them. */
  private async picture(block: number, control?: RunControl): Promise<Passage> {
    const { length, prefixKey } = this.input;
    const { prefixes, decoder } = this.parts;
    const unfinished = prefixes.unfinished(prefixKey, length);
    if (unfinished) return unfinished;
    await step(control, 'image', 0, 1);
    return new Passage(decoder, this.input, new Cache(decoder.spec, length), await this.input.prefixRows(), block);
  }

  /** What was computed of the picture serves the question that takes a stopped one's place. */
  private async keeping(picture: Passage, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (e) {
      if (toCrossflowError(e).kind === 'cancelled') this.parts.prefixes.keep(this.input.prefixKey, picture);
      throw e;
    }
  }

  /** Greedy answer; its own rows leave the cache again. */
  private async answer(
    cache: Cache,
    final: Float32Array,
    control?: RunControl,
  ): Promise<Pick<CleanRun, 'ids' | 'probability' | 'top'>> {
    const { decoder, head, spec } = this.parts;
    const [top] = (await head.run(head.norm(final), [])).top;
    if (!top.every((c) => Number.isFinite(c.probability))) {
      await checkFinite(spec, control?.signal ? { signal: control.signal } : {});
      throw failed('the model gives no finite probabilities although its weights are finite', spec.directory);
    }
    const ids = [top[0].token];
    try {
      while (ids.length < MAX_ANSWER_TOKENS && !spec.eosTokenIds.includes(ids[ids.length - 1])) {
        await step(control, 'answer', ids.length, MAX_ANSWER_TOKENS);
        const rows = await this.parts.embed([ids[ids.length - 1]]);
        const passage = new Passage(decoder, this.input, cache, { rows }, 1);
        const next = await passage.run(() => pause(control?.signal), CALL_SECONDS);
        ids.push((await head.run(head.norm(next), [])).top[0][0].token);
      }
    } finally {
      cache.length = this.input.length;
    }
    return { ids, probability: top[0].probability, top };
  }
}
