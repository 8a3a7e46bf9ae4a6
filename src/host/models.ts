/** Where an experiment's model lies on this machine, and whether it may run by itself. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Experiment } from '../core/experiment/types';
import { findCached } from '../core/families/hub';
import { hubId } from '../core/hub/id';

/** Weights up to this size load in seconds, so opening a file may start them. */
const SMALL_BYTES = 2e9;

/** The checkpoint's folder, where it is on this machine; asks nobody. */
export async function folderOf(model: Experiment['model']): Promise<string | undefined> {
  return model.kind === 'folder' ? model.path : findCached(hubId(model.id));
}

/** Is the model small and at hand, so that a run needs no asking? */
export async function runsByItself(experiment: Experiment): Promise<boolean> {
  if (experiment.subject.kind !== 'question' || experiment.model.kind !== 'folder') return false;
  // A sharded checkpoint has no such file: it is a large one.
  const weights = await stat(path.join(experiment.model.path, 'model.safetensors')).catch(() => undefined);
  return weights !== undefined && weights.size <= SMALL_BYTES;
}
