/** Ctrl-C: the first asks the run to stop after its current chunk, the second ends the process at once. */

/**
 * A signal that aborts on the first SIGINT or SIGTERM. The listeners go with it: ONNX Runtime blocks the thread while
 * a chunk runs, so only the system's own handling can end the process then, and the second signal gets exactly that.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM'] as const;
  const stop = () => {
    for (const name of names) process.removeListener(name, stop);
    controller.abort();
    if (process.stderr.isTTY) process.stderr.write('\nstopping after this step; Ctrl-C again stops at once\n');
  };
  for (const name of names) process.on(name, stop);
  return controller.signal;
}
