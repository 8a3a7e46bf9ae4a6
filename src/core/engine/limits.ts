/** Sizes that decide how memory is used. */
import type { ModelSpec } from '../spec';

/** What one chunk of variants may take beside weights and caches, where nothing else is asked for. */
export const DEFAULT_CHUNK_BUDGET = 1024 ** 3;

/** Checkpoints up to this size are copied at load, for speed; larger ones stay in their mapped files. */
export const COPIED_WEIGHTS_BYTES = 512 * 1024 ** 2;

/** Large checkpoints stay in their mapped files. */
export const isMapped = (spec: Pick<ModelSpec, 'files'>): boolean =>
  spec.files.reduce((sum, file) => sum + file.bytes, 0) > COPIED_WEIGHTS_BYTES;
