/** What a command does while Ctrl-C comes: `blocked` computes for ever in one step, `idle` stops as it is asked to. */
import { interruptSignal } from '../../src/cli/interrupt';

const signal = interruptSignal(true);
if (process.argv[2] === 'blocked') {
  process.stdout.write('ready\n', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
} else {
  const patience = setTimeout(() => process.exit(1), 60_000);
  signal.addEventListener('abort', () => {
    clearTimeout(patience);
    setTimeout(() => process.stdout.write('stopped\n', () => process.exit(130)), 300);
  });
  process.stdout.write('ready\n');
}
