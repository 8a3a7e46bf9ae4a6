/** Progress with the time left, on standard error; nothing when that is no terminal. */
import type { SingleBar } from 'cli-progress';
import type { Phase, Progress } from '../core/engine/types';
import { duration } from '../core/words';
import { reportLine } from './report';

export interface Bar {
  /** `secondsLeft`: an estimate of one's own, NaN for none yet; left out, the bar makes one. `note` stands at the end. */
  update(what: string, done: number, total: number, secondsLeft?: number, note?: string): void;
  stop(): void;
}

const SILENT: Bar = { update: () => undefined, stop: () => undefined };

const PHASES: Readonly<Record<Phase, string>> = {
  load: 'loading',
  image: 'image',
  clean: 'clean run',
  answer: 'answer',
  knockouts: 'knockouts',
  full: 'full passes',
  lens: 'lens',
  attention: 'attention',
};

export async function progressBar(stream: NodeJS.WriteStream = process.stderr): Promise<Bar> {
  if (!stream.isTTY) return SILENT;
  // Of a CommonJS package a bundle's import() gives the default alone.
  const { default: progress } = await import('cli-progress');
  let bar: SingleBar | undefined;
  let shown = '';
  let started = 0;
  const stop = () => {
    bar?.stop();
    bar = undefined;
    // The next update draws it again, also for the same work.
    shown = '';
  };
  return {
    update(what, done, total, secondsLeft, note = '') {
      if (what !== shown) {
        stop();
        shown = what;
        started = performance.now();
        const format = ' {what} {bar} {percentage}% {left} {note}';
        bar = new progress.SingleBar(
          {
            stream,
            format,
            barsize: 30,
            clearOnComplete: true,
            hideCursor: false,
            gracefulExit: false,
            linewrap: true,
            fps: 10,
          },
          progress.Presets.shades_classic,
        );
        bar.start(Math.max(total, 1), done, { what: what.padEnd(10), left: '', note });
      }
      const seconds = (performance.now() - started) / 1000;
      const left = secondsLeft ?? (done > 0 ? (seconds * (total - done)) / done : undefined);
      bar?.setTotal(Math.max(total, 1));
      bar?.update(done, {
        what: what.padEnd(10),
        left: left === undefined || Number.isNaN(left) ? '' : `${duration(left)} left`,
        note,
      });
    },
    stop,
  };
}

const LOG_EVERY_MS = 60_000;

/** Where no terminal listens, a log: a line at the beginning and the end of some work, and one a minute. */
export function lineLog(): (what: string, done: number, total: number, note: string) => void {
  let [shown, last]: [string | undefined, number] = [undefined, 0];
  return (what, done, total, note) => {
    const now = performance.now();
    if (what === shown && done < total && now - last < LOG_EVERY_MS) return;
    [shown, last] = [what, now];
    reportLine(`${what}: ${done} of ${total} questions, ${note}`);
  };
}

/** What a run of one question reports, on a bar. */
export const onPhase =
  (bar: Bar) =>
  ({ phase, done, total }: Progress): void =>
    bar.update(PHASES[phase], done, total);

export { duration };
