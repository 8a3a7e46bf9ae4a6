/** Where an experiment's model lies on this machine. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { hubId } from '../core/hub/id';
import { findCached } from '../core/hub/complete';
import { usage } from '../core/errors';
import type { Experiment } from '../core/experiment/types';

/** Weights up to this size load in seconds, so opening a file may start them. */
const SMALL_BYTES = 2e9;

/** The checkpoint's folder. Nothing is fetched: a model that is not here is a failure that says how to get it. */
export async function locateModel(model: Experiment['model']): Promise<string> {
  if (model.kind === 'folder') return model.path;
  const found = await findCached(hubId(model.id));
  if (found !== undefined) return found;
  throw usage(
    `the model ${model.id} is not on this machine`,
    undefined,
    `download it once with "hf download ${model.id}" in a terminal, or give a folder`,
  );
}

/** Is the model small and at hand, so that a run needs no asking? */
export async function runsByItself(experiment: Experiment): Promise<boolean> {
  if (experiment.subject.kind !== 'question' || experiment.model.kind !== 'folder') return false;
  // A sharded checkpoint has no such file: it is a large one.
  const weights = await stat(path.join(experiment.model.path, 'model.safetensors')).catch(() => undefined);
  return weights !== undefined && weights.size <= SMALL_BYTES;
}
