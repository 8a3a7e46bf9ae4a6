import { basename } from 'node:path';
import type { ModelSpec } from '../spec';
import type { EngineOptions } from '../engine/types';
import type { Experiment } from '../experiment/types';
import type { Identity, TaskFile } from './identity';
import { thisMachine } from './machine';
import type { JournalHeader } from './record';

/** The first line of a journal. `name`: the model's, as it is shown; left out: its id, or the folder's name. */
export function headerOf(
  spec: ModelSpec,
  experiment: Experiment,
  file: TaskFile,
  identity: Identity,
  engine: EngineOptions,
  name: string = experiment.model.kind === 'hub' ? experiment.model.id : basename(spec.directory),
): JournalHeader {
  const { family, dtype, parameters, decoder } = spec;
  const { layers, heads, hidden } = decoder;
  return {
    identity,
    about: {
      started: new Date().toISOString(),
      model: { name, family, layers, heads, hidden, dtype, parameters },
      csv: basename(file.csv),
      rows: file.total,
      task: file.task,
      knockouts: [...experiment.knockouts],
      machine: thisMachine(engine),
    },
  };
}
