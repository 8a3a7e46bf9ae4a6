/** Turns an engine's progress into what the panel shows: what is being done, how far, and how long it may still take. */
import type { Phase, Progress } from '../../core/engine/types';
import type { PanelStatus } from '../../protocol/panel';

/** Rounds that are done sooner show no busy state: a flash of it would only disturb. */
const SHOW_AFTER_MS = 150;
/** An estimate from less work, or from less time, says nothing. A layer of 80 is more. */
const [ESTIMATE_FROM, ESTIMATE_AFTER_MS] = [0.01, 400];
/** Names of parts of some work whose length is not known beforehand. */
export type Parts = Partial<Record<Phase, string>>;

export class BusyStatus {
  #what = '';
  #parts: Parts = {};
  #part: string | undefined;
  #phase: Phase | undefined;
  #fraction: number | undefined;
  #since = Date.now();
  #shown = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly send: (status: Extract<PanelStatus, { kind: 'busy' }>) => void) {
    this.#timer = setTimeout(() => {
      this.#shown = true;
      this.#emit();
    }, SHOW_AFTER_MS);
  }

  phase(what: string, parts: Parts = {}): void {
    this.#what = what;
    this.#parts = parts;
    this.#phase = undefined;
    this.#begin(undefined);
    this.#emit();
  }

  progress({ phase, done, total }: Progress): void {
    // The time of one kind of work says nothing of another.
    if (phase !== this.#phase) this.#begin(this.#parts[phase]);
    this.#phase = phase;
    this.#fraction = this.#part === undefined && total > 1 ? Math.min(1, done / total) : undefined;
    this.#emit();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#shown = false;
  }

  #begin(part: string | undefined): void {
    this.#part = part;
    this.#fraction = undefined;
    this.#since = Date.now();
  }

  #emit(): void {
    if (!this.#shown || !this.#what) return;
    const fraction = this.#fraction;
    const elapsed = Date.now() - this.#since;
    const secondsLeft =
      fraction !== undefined && fraction >= ESTIMATE_FROM && elapsed >= ESTIMATE_AFTER_MS
        ? (elapsed * (1 - fraction)) / fraction / 1000
        : undefined;
    this.send({
      kind: 'busy',
      what: this.#part === undefined ? this.#what : `${this.#what}: ${this.#part}`,
      ...(fraction !== undefined && { fraction }),
      ...(secondsLeft !== undefined && { secondsLeft }),
      cancellable: true,
    });
  }
}
