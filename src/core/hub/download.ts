/** Does what a plan says: fetches the files into the cache and makes the snapshot. */
import { mkdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cancelled, failed } from '../errors';
import { FIRST_PAUSE_MS, HubClient, type ClientOptions } from './client';
import { lock } from './lock';
import type { DownloadPlan, PlannedFile, PlannedModel } from './plan';
import { unwritable } from './refusals';
import { Store } from './store';
import { transfer } from './transfer';
import { downloadSize } from '../words';
import { planSize } from './plan-text';

/** Files at a time; a CDN gives one connection less than a fast line takes. */
const CONNECTIONS = 4;
/** What the file system itself needs to stay usable. */
const SPARE_BYTES = 50e6;

export interface DownloadProgress {
  /** Bytes that are here, of the bytes of all files that were to be fetched. */
  readonly done: number;
  readonly total: number;
}

export interface DownloadOptions extends ClientOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Something worth a line: a connection was lost, another process is at it. */
  readonly onNote?: (text: string) => void;
}

/**
 * @returns the folder of the model's snapshot
 * @throws CrossflowError `failed`, or `cancelled` when the signal aborts; what has arrived stays for the next time
 */
export async function download(plan: DownloadPlan, options: DownloadOptions = {}): Promise<string> {
  const { models, environment } = plan;
  const { total, here } = totals(plan);
  const done = new Map<PlannedFile, number>();
  const report = (): void => {
    let sum = 0;
    for (const bytes of done.values()) sum += bytes;
    options.onProgress?.({ done: sum, total });
  };
  for (const model of models) for (const file of model.files) if (file.here < file.size) done.set(file, file.here);
  try {
    await checkSpace(environment.cache, total - here);
    report();
    for (const model of models) {
      await fetchModel(model, plan, options, (file, bytes) => {
        done.set(file, bytes);
        report();
      });
    }
  } catch (e) {
    if (options.signal?.aborted) throw cancelled();
    throw unwritable(e, environment.cache);
  }
  const main = models[models.length - 1];
  return new Store(environment.cache, main.id.name).snapshot(main.commit);
}

function totals({ models }: DownloadPlan): { total: number; here: number } {
  const { bytes, here } = planSize(models);
  return { total: bytes, here };
}

async function fetchModel(
  model: PlannedModel,
  { environment }: DownloadPlan,
  { signal, pauseMs = FIRST_PAUSE_MS, fetch, onNote }: DownloadOptions,
  onBytes: (file: PlannedFile, bytes: number) => void,
): Promise<void> {
  const store = new Store(environment.cache, model.id.name);
  const { commit } = model;
  // The first failure ends the other connections.
  const ended = new AbortController();
  const both = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const client = new HubClient(model.id, environment, { signal: both, pauseMs, ...(fetch && { fetch }) });
  const note = (text: string): void => onNote?.(text);
  const held = await lock(lockFile(store), {
    signal: both,
    onWait: (who) => note(`${who} is fetching ${model.id.name}; waiting for it`),
  });
  const bring = async (file: PlannedFile): Promise<void> => {
    if (!(await store.has(file, commit))) {
      await transfer(client, commit, file, {
        signal: both,
        pauseMs,
        partial: store.partial(file),
        place: store.blob(file),
        onBytes: (bytes) => onBytes(file, bytes),
        onNote: note,
        check: () => held.check(),
      });
    } else if (file.here < file.size) onBytes(file, file.size);
  };
  // Files of the same content (an empty object, say) have one blob: who comes second waits, and finds it.
  const underway = new Map<string, Promise<void>>();
  const one = async (file: PlannedFile): Promise<void> => {
    const { digits } = file.checksum;
    const brought = (underway.get(digits) ?? Promise.resolve()).then(() => bring(file));
    underway.set(digits, brought);
    await brought;
    await store.link(file, commit);
  };
  try {
    await mkdir(dirname(store.blob(model.files[0])), { recursive: true });
    const isWeight = (file: PlannedFile): boolean => file.name.endsWith('.safetensors');
    // A snapshot with its weights is taken for complete, so they come last.
    for (const part of [model.files.filter((f) => !isWeight(f)), model.files.filter(isWeight)]) {
      await inParallel(part, one, ended);
    }
    await store.refer(model.id.revision ?? 'main', commit);
  } finally {
    held.release();
  }
}

/** Waits for all, also when one failed: nothing may write on after the lock is given back. */
async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  ended: AbortController,
): Promise<void> {
  const rest = [...items];
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined && !failure; item = rest.shift()) {
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
        ended.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  if (failure) throw failure.error;
}

/** Beside huggingface_hub's own locks, where its tools expect such files. */
const lockFile = (store: Store): string =>
  join(store.cache, '.locks', store.folder.slice(dirname(store.folder).length + 1), 'crossflow.lock');

async function checkSpace(cache: string, needed: number): Promise<void> {
  let place = cache;
  for (;;) {
    const found = await statfs(place).catch(() => undefined);
    if (found) {
      const free = found.bavail * found.bsize;
      if (needed === 0 || free >= needed + SPARE_BYTES) return;
      const how = 'make room, or name a folder on another disk with HF_HUB_CACHE';
      throw failed(`${downloadSize(needed)} are to be fetched, but only ${downloadSize(free)} are free`, cache, how);
    }
    const above = dirname(place);
    if (above === place) return;
    place = above;
  }
}
