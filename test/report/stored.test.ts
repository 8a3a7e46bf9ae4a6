import assert from 'node:assert/strict';
import { readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { placeIn } from '../../src/core/journal/place';
import type { RowRecord } from '../../src/core/journal/record';
import { openModel } from '../../src/core/engine/model';
import { parseExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { overviewOf } from '../../src/core/report/overview';
import { storedOverview as stored } from '../../src/core/report/stored';
import { callOnce } from '../../src/host/engine/once';
import { temporaryFolder } from '../support/temporary';
import { runOn } from '../dataset/run-on';
import { engineEntry, modelFolder, root } from '../host/support';

const examples = path.join(root, 'examples');
const CSV = path.join(
  examples,
  readdirSync(examples).find((name) => name.endsWith('_ChooseAttr.csv'))!,
);

describe('results of a data set run, read again without a model', function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  const dataset = (change: object = {}): Experiment => {
    const text = {
      model: modelFolder,
      prompt: 'vicuna_v1',
      window: 3,
      dataset: { csv: CSV, images: path.join(examples, 'images'), limit: 4 },
      // Equal but for their windows: both need a column.
      knockouts: ['Question->Last', { from: 'Image', to: 'Last', window: 1 }, { from: 'Image', to: 'Last', window: 5 }],
      output: folder.join('out'),
      ...change,
    };
    const { experiment, problems } = parseExperiment(JSON.stringify(text), folder.join('a.flow.json'));
    assert.ok(experiment, problems.map(({ message }) => message).join('; '));
    return experiment;
  };

  it('are what the run gave; what is not done yet is missing', async () => {
    const experiment = dataset();
    assert.equal(await stored(experiment), null);
    const model = await openModel(modelFolder, { threads: 1 });
    const records: RowRecord[] = [];
    await runOn(model, experiment, { onRecord: (record) => records.push(record) });
    const ran = overviewOf(experiment, records, { layers: model.info.layers, asked: 4 });
    await model.close();
    assert.ok(ran.rows.length > 1 && ran.done === 4 && ran.asked === 4);
    assert.deepEqual(ran.edges, ['Question->Last', 'Image->Last w1', 'Image->Last w5']);
    for (const row of ran.rows) assert.deepEqual(Object.keys(row.curves), ran.edges);
    assert.deepEqual(await stored(experiment), ran);
    assert.deepEqual(
      await callOnce({ ...engineEntry, log: () => undefined }, 'results', { experiment }),
      ran,
      'as the editor asks',
    );
    assert.equal((await stored(dataset({ dataset: { ...experiment.subject, kind: undefined, limit: 2 } })))?.asked, 2);

    // As a run that was stopped leaves it: the last question is torn.
    const journal = placeIn(experiment.output).merged;
    truncateSync(journal, readFileSync(journal).length - 10);
    const part = await stored(experiment);
    assert.deepEqual([part?.done, part?.asked], [3, 4]);
  });

  it('are not shown for another experiment', async () => {
    const is = (pattern: RegExp) => (e: Error) => pattern.test(e.message);
    await assert.rejects(stored(dataset({ knockouts: ['Question->Last'] })), is(/another run: "knockouts" changed/));
    const other = folder.join('x_ChooseAttr.csv');
    writeFileSync(other, `${readFileSync(CSV, 'utf8')}\n`);
    const moved = { csv: other, images: path.join(examples, 'images'), limit: 4 };
    await assert.rejects(stored(dataset({ dataset: moved })), is(/the CSV file changed since/));
    writeFileSync(folder.join('out/journal.jsonl'), 'no journal\n');
    await assert.rejects(stored(dataset()), is(/is not a journal/));
  });
});
