/**
 * Ctrl-C: the first asks the run to stop after its current step, and that is said at once; the second ends the process at
 * once. What is in a journal by then stays.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const HINT = '\nstopping after this step; Ctrl-C again stops at once\n';

/**
 * A signal that aborts on the first SIGINT or SIGTERM. The listeners go with it, so that the next gets the system's own
 * handling. ONNX Runtime (and all else that computes) blocks the thread while a step runs, and no listener of this process
 * is called before its end; at a terminal a process beside it listens meanwhile.
 */
export function interruptSignal(terminal = hasTerminal()): AbortSignal {
  const controller = new AbortController();
  const watcher = terminal ? startWatcher() : undefined;
  const stop = () => {
    for (const name of SIGNALS) process.removeListener(name, stop);
    controller.abort();
    if (watcher?.tell()) return;
    if (process.stderr.isTTY) process.stderr.write(HINT);
  };
  for (const name of SIGNALS) process.on(name, stop);
  return controller.signal;
}

/** Whether a Ctrl-C can come at all; the three streams may lead elsewhere. */
function hasTerminal(): boolean {
  if (process.platform === 'win32') return [0, 1, 2].some(isatty);
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/**
 * A terminal sends Ctrl-C to all processes of the group in front. This one does nothing but wait for it: it says what the
 * first one does, and kills its parent, which may be blocked, at the second. It ends when its parent does, for then its
 * standard input is closed; what comes there means that the parent has heard a signal that was sent to it alone.
 */
const WATCH = `
const parent = process.ppid;
let [said, signals] = [false, 0];
const say = () => {
  if (!said) process.stderr.write(${JSON.stringify(HINT)});
  said = true;
};
const heard = () => {
  if (signals++ === 0) return say();
  try {
    if (process.ppid === parent) process.kill(parent, 'SIGKILL');
  } catch {}
};
for (const name of ${JSON.stringify(SIGNALS)}) process.on(name, heard);
process.stderr.on('error', () => {});
process.stdin.on('data', say).on('error', () => {}).on('close', () => process.exit());
// For those who look at the list of processes.
process.title = 'crossflow: waits for Ctrl-C';
`;

/** `tell`: the first signal has come through; false where nobody listens any more. */
function startWatcher(): { tell(): boolean } | undefined {
  // Not what was meant for this process: an inspector's port, say.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = spawn(process.execPath, ['-e', WATCH], { stdio: ['pipe', 'ignore', 'inherit'], env });
  // Without it the listeners above are what there is.
  child.on('error', () => undefined);
  if (child.pid === undefined) return undefined;
  child.stdin.on('error', () => undefined);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return {
    tell() {
      if (child.exitCode !== null || child.signalCode !== null) return false;
      child.stdin.write('\n');
      return true;
    },
  };
}
