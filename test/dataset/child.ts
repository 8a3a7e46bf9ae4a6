/** A data set run in a process of its own, to be killed. Argument: the experiment file. */
import { openModel } from '../../src/core/engine/model';
import { loadExperiment } from '../../src/core/experiment/parse';
import { runOn } from './run-on';

async function main(): Promise<void> {
  const experiment = await loadExperiment(process.argv[2] ?? '');
  if (experiment.model.kind !== 'folder') throw new Error('the test model is a folder');
  await runOn(await openModel(experiment.model.path), experiment, {
    onProgress: ({ done }) => process.stdout.write(`${done}\n`),
  });
}
void main();
