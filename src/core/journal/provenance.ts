/** What a single question's result was computed with and from; of a data set run the journal's identity says it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { checkpointHash } from '../checkpoint/hash';
import type { ModelSpec } from '../spec';
import type { Provenance } from '../engine/result';
import { usage } from '../errors';
import { CROSSFLOW_VERSION, RUNTIME_VERSION } from './version';

/**
 * Reads the whole checkpoint the first time it is seen (checkpointHash()).
 * @param image absolute path of the picture's file
 * @throws CrossflowError `usage` for a file that cannot be read, `cancelled` when stopped
 */
export async function provenanceOf(spec: ModelSpec, image: string, signal?: AbortSignal): Promise<Provenance> {
  const bytes = await readFile(image).catch((e: unknown) => {
    throw usage(`cannot be read any more: ${e instanceof Error ? e.message : String(e)}`, image);
  });
  return {
    crossflow: CROSSFLOW_VERSION,
    onnxruntime: RUNTIME_VERSION,
    checkpoint: await checkpointHash(spec, signal ? { signal } : {}),
    image: createHash('sha256').update(bytes).digest('hex'),
  };
}
