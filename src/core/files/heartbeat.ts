import { Worker } from 'node:worker_threads';

/** How often the holder of a place shows that it lives. */
export const BEAT_MS = 15_000;

/**
 * Runs in a thread of its own: ONNX Runtime blocks the process's main thread for as long as a step takes. It writes the
 * file's text again, so that the file server's clock sets the file's time. Whoever takes the place over puts a new file
 * there: what is read and written through one descriptor is never the other's file.
 */
const BEAT = `
const { readFileSync, openSync, writeSync, closeSync } = require('node:fs');
const { path, mine, every } = require('node:worker_threads').workerData;
setInterval(() => {
  try {
    const file = openSync(path, 'r+');
    try {
      if (readFileSync(file, 'utf8') === mine) writeSync(file, mine, 0);
    } finally { closeSync(file); }
  } catch {}
}, every);
`;

/** Keeps `path`, which holds `mine`, fresh until the result is called. */
export function startHeartbeat(path: string, mine: string, every: number = BEAT_MS): () => void {
  // No heartbeat is worth a crash: without one, other machines see the place as left after some minutes.
  try {
    const worker = new Worker(BEAT, { eval: true, execArgv: [], workerData: { path, mine, every } });
    worker.on('error', () => undefined);
    worker.unref();
    return () => void worker.terminate();
  } catch {
    return () => undefined;
  }
}
