/** Data set runs on a model that is open already and stays so. */
import type { Model } from '../../src/core/engine/api';
import type { Experiment } from '../../src/core/experiment/types';
import { runDataset, type DatasetOptions, type DatasetSummary } from '../../src/core/study/dataset';

export const runOn = (
  model: Model,
  experiment: Experiment,
  more: Partial<DatasetOptions> = {},
): Promise<DatasetSummary> =>
  runDataset({
    experiment,
    engine: model.options,
    folderOf: () => Promise.resolve(model.spec.directory),
    open: () => Promise.resolve(model),
    close: () => Promise.resolve(),
    ...more,
  });
