/** Turns an engine's progress into what the panel shows: what is being done, how far, and how long it may still take. */
import type { Progress } from '../../core/engine/types';
import type { PanelStatus } from '../../protocol/panel';

/** Rounds that are done sooner show no busy state: a flash of it would only disturb. */
const SHOW_AFTER_MS = 150;
/** Before this share of the work is done, an estimate says nothing. */
const ESTIMATE_FROM = 0.05;

export class BusyStatus {
  #what = '';
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

  phase(what: string): void {
    this.#what = what;
    this.#fraction = undefined;
    this.#since = Date.now();
    this.#emit();
  }

  progress({ done, total }: Progress): void {
    this.#fraction = total > 0 ? Math.min(1, done / total) : undefined;
    this.#emit();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#shown = false;
  }

  #emit(): void {
    if (!this.#shown || !this.#what) return;
    const fraction = this.#fraction;
    const seconds = (Date.now() - this.#since) / 1000;
    const secondsLeft =
      fraction !== undefined && fraction >= ESTIMATE_FROM ? (seconds * (1 - fraction)) / fraction : undefined;
    this.send({
      kind: 'busy',
      what: this.#what,
      ...(fraction !== undefined && { fraction }),
      ...(secondsLeft !== undefined && { secondsLeft }),
      cancellable: true,
    });
  }
}
