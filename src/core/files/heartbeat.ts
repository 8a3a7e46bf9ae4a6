import { Worker } from 'node:worker_threads';

/** How often a shard's owner shows that it lives. */
export const BEAT_MS = 15_000;

/**
 * Runs in a thread of its own: ONNX Runtime blocks the process's main thread for as long as a step takes. It writes the
 * owner's line again, so that the file server's clock sets the file's time. Whoever takes the shard over puts a new file in
 * the place: what is read and written through one descriptor is never the other's file.
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
  const worker = new Worker(BEAT, { eval: true, workerData: { path, mine, every } });
  // No heartbeat is worth a crash: without one, others see the shard as left after some minutes.
  worker.on('error', () => undefined);
  worker.unref();
  return () => void worker.terminate();
}
