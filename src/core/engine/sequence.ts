/** One expanded sequence and its clean run: what every question about it starts from. */
import { checkFinite } from '../checkpoint';
import type { DecoderSpec } from '../checkpoint/spec';
import { cancelled, failed } from '../errors';
import { Cache, MAX_ANSWER_TOKENS } from './cache';
import { step } from './control';
import type { DecoderOutput, LayerCall } from './decoder';
import { causalMask, groupMask } from './masks';
import type { Parts } from './parts';
import type { Candidate, RunControl } from './types';

/** Rows of one call of the clean run: beyond this, larger calls are not faster and only take memory. */
const BLOCK_ROWS = 1024;

export interface SequenceInput {
  /** Number of rows: before, image, after. */
  readonly length: number;
  /** Rows that every question on the same image shares. */
  readonly prefix: number;
  /** Equal for sequences with the same prefix. */
  readonly prefixKey: string;
  /** `[prefix, H]` */
  prefixRows(): Promise<Float32Array>;
  /** `[length - prefix, H]` */
  textRows(): Promise<Float32Array>;
}

/** What is known after the clean run. */
export interface CleanRun {
  readonly cache: Cache;
  /** Last position's residual after the last layer, before the final norm, `[H]`. */
  readonly final: Float32Array;
  /** Greedy answer, ending with the end token where one came. */
  readonly ids: readonly number[];
  readonly probability: number;
  readonly top: readonly Pick<Candidate, 'token' | 'probability'>[];
}

/** Rows that the clean run of `length` tokens takes at a time: their scores fit the chunk budget. */
export function blockRows({ heads }: Pick<DecoderSpec, 'heads'>, length: number, budget: number): number {
  const perRow = 3 * 4 * heads * length;
  return Math.max(1, Math.min(BLOCK_ROWS, Math.floor(budget / perRow)));
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
    const { length, prefix, prefixKey } = this.input;
    const { prefixes, decoder } = this.parts;
    await step(control, 'clean', 0, length);
    let cache = prefixes.take(prefixKey, length);
    if (!cache) {
      cache = new Cache(decoder.spec, length);
      await this.extend(cache, await this.input.prefixRows(), control);
    }
    try {
      prefixes.hold(prefixKey, prefix, cache);
      const final = await this.extend(cache, await this.input.textRows(), control);
      const { ids, probability, top } = await this.answer(cache, final, control);
      return { cache, final, ids, probability, top };
    } catch (e) {
      prefixes.release(cache);
      throw e;
    }
  }

  /** Runs rows `[n, H]` over what the cache holds and adds them to it; the last row's residual, `[H]`. */
  private async extend(cache: Cache, rows: Float32Array, control?: RunControl): Promise<Float32Array> {
    const { hidden } = this.parts.decoder.spec;
    const block = blockRows(this.parts.decoder.spec, this.input.length, this.parts.chunkBudget);
    let final: Float32Array | undefined;
    for (let at = 0; at < rows.length; at += block * hidden) {
      const part = rows.subarray(at, Math.min(rows.length, at + block * hidden));
      final = (await this.runRows(cache, part)).final;
      await step(control, 'clean', cache.length, this.input.length);
    }
    if (!final) throw failed('a sequence without rows cannot run');
    return final;
  }

  private async runRows(cache: Cache, enter: Float32Array): Promise<DecoderOutput> {
    const { spec } = this.parts.decoder;
    const rows = enter.length / spec.hidden;
    const past = cache.length;
    const causal = causalMask(past, rows);
    const layers = Array.from({ length: spec.layers }, (_, l): LayerCall => ({
      ...(l === 0 ? { enter } : {}),
      ...(l === spec.layers - 1 ? groupMask([undefined], causal, spec, 'last') : { allow: causal }),
    }));
    const out = await this.parts.decoder.run({
      past,
      rows,
      single: true,
      layers,
      pastKeys: cache.keys,
      pastValues: cache.values,
      select: [rows - 1],
      selectRows: 1,
      keepAll: true,
    });
    cache.append(out, rows);
    return out;
  }

  /** Greedy answer; its own rows leave the cache again. */
  private async answer(
    cache: Cache,
    final: Float32Array,
    control?: RunControl,
  ): Promise<Pick<CleanRun, 'ids' | 'probability' | 'top'>> {
    const { head, spec } = this.parts;
    const [top] = (await head.run(head.norm(final), [])).top;
    if (!top.every((c) => Number.isFinite(c.probability))) {
      await checkFinite(spec, control?.signal ? { signal: control.signal } : {});
      throw failed('the model gives no finite probabilities although its weights are finite', spec.directory);
    }
    const ids = [top[0].token];
    try {
      while (ids.length < MAX_ANSWER_TOKENS && !spec.eosTokenIds.includes(ids[ids.length - 1])) {
        await step(control, 'answer', ids.length, MAX_ANSWER_TOKENS);
        const out = await this.runRows(cache, await this.parts.embed([ids[ids.length - 1]]));
        ids.push((await head.run(head.norm(out.final), [])).top[0][0].token);
      }
    } finally {
      cache.length = this.input.length;
    }
    return { ids, probability: top[0].probability, top };
  }
}
