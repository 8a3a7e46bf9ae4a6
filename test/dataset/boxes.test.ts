import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { planExperiment } from '../../src/core/dataset/plan';
import type { Model } from '../../src/core/engine/api';
import { openModel } from '../../src/core/engine/model';
import { loadExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { placeIn } from '../../src/core/journal/place';
import { JournalReader } from '../../src/core/journal/reader';
import type { KeptRecord } from '../../src/core/journal/record';
import { Planner } from '../../src/core/planning/planner';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';
import { runOn } from './run-on';

const examples = path.join(repositoryRoot, 'examples');
const modelFolder = path.join(repositoryRoot, 'models/shapes-llava');
/** The last four columns: w, h, x, y. */
const BOX = /(,-?\d+){4}$/;

const columnsOf = (box: string): string => {
  const [x, y, w, h] = box.split(',');
  return `,${w},${h},${x},${y}`;
};

describe('boxes of a task file', () => {
  const folder = temporaryFolder();
  let model: Model;
  let rows: readonly string[];
  let head = '';
  before(async () => {
    model = await openModel(modelFolder);
    const file = readdirSync(examples).find((name) => name.endsWith('_ChooseAttr.csv'))!;
    const [first = '', ...lines] = readFileSync(path.join(examples, file), 'utf8').trimEnd().split(/\r?\n/);
    head = first;
    // Rows that the embedded model answers rightly.
    rows = lines.slice(0, 3);
  });
  after(() => model.close());

  async function experimentOf(
    name: string,
    boxes: readonly string[],
    knockouts: readonly string[],
    sets: object = {},
  ): Promise<Experiment> {
    const csv = folder.join(`${name}_ChooseAttr.csv`);
    writeFileSync(
      csv,
      [head, ...rows.map((row, i) => (boxes[i] ? row.replace(BOX, columnsOf(boxes[i])) : row))].join('\n'),
    );
    const file = folder.join(`${name}.flow.json`);
    const dataset = { csv, images: path.join(examples, 'images') };
    const text = {
      model: modelFolder,
      prompt: 'vicuna_v1',
      window: 3,
      dataset,
      knockouts,
      sets,
      output: folder.join(name),
    };
    writeFileSync(file, JSON.stringify(text));
    return loadExperiment(file);
  }
  const keptOf = (experiment: Experiment): KeptRecord[] => {
    const reader = JournalReader.open(placeIn(experiment.output));
    try {
      return [...reader.records()].map((record) => {
        assert.ok(record.is === 'kept', JSON.stringify(record));
        return record;
      });
    } finally {
      reader.close();
    }
  };
  const OUTSIDE = '5000,0,10,10';
  const EDGES = ['Question->Last', 'Image Central Object->Question'];

  it('of width or height 0 are lines of one pixel, and cost no row', async () => {
    const experiment = await experimentOf('thin', ['100,100,0,60', '100,100,60,0', '100,100,0,0'], EDGES);
    const { failed, kept, withoutObjects } = await runOn(model, experiment);
    assert.deepEqual([failed, kept, withoutObjects], [0, 3, []]);
    // Lines of one pixel are lost where a picture is scaled down: an empty set, as published.
    for (const { curves, lost } of keptOf(experiment)) assert.deepEqual([curves[0]?.length, lost], [10, undefined]);
  });

  it('that lie outside the picture take away what asks for them, and nothing else', async () => {
    const good = await experimentOf('good', [], EDGES);
    await runOn(model, good);
    const bad = await experimentOf('bad', ['', OUTSIDE], EDGES);
    const { failed, kept, withoutObjects } = await runOn(model, bad);
    assert.deepEqual([failed, kept], [0, 3]);
    assert.deepEqual(
      withoutObjects.map(({ row, line }) => [row, line]),
      [[2, 3]],
    );
    assert.match(withoutObjects[0].message, /box 1 \[5000, 0, 10, 10\] lies outside the image/);
    const [want, got] = [keptOf(good), keptOf(bad)];
    assert.deepEqual(got[1].curves, [want[1].curves[0], null]);
    assert.match(got[1].lost ?? '', /lies outside the image/);
    for (const i of [0, 2]) {
      assert.deepEqual(got[i].curves, want[i].curves);
      assert.equal(got[i].lost, undefined);
    }
  });

  it('that lie outside the picture are nobody’s business where no knockout asks for them', async () => {
    const experiment = await experimentOf('unasked', [OUTSIDE, OUTSIDE, OUTSIDE], ['Question->Last']);
    const { failed, kept, withoutObjects } = await runOn(model, experiment);
    assert.deepEqual([failed, kept, withoutObjects], [0, 3, []]);
    assert.ok(keptOf(experiment).every(({ lost }) => lost === undefined));
    // the plan looks at rows, too
    const planner = await Planner.open(modelFolder, {});
    assert.equal((await planExperiment(planner, experiment, { measure: false })).questions, 3);
  });

  it('count for a set that is the rest of one made from them', async () => {
    const experiment = await experimentOf('rest', [OUTSIDE], ['Question->Last', 'rest->Last'], {
      rest: { not: 'Image Central Object' },
    });
    const { withoutObjects } = await runOn(model, experiment);
    assert.equal(withoutObjects.length, 1);
    const [first] = keptOf(experiment);
    assert.ok(first.curves[0] && first.curves[1] === null);
  });

  it('are named by the command line, which still ends well', async () => {
    const experiment = await experimentOf('cli', [OUTSIDE], EDGES);
    const cli = path.join(repositoryRoot, 'dist/cli.js');
    const { status, stderr } = spawnSync(process.execPath, [cli, 'run', experiment.file], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      /warning: .*cli_ChooseAttr\.csv:2: box 1 \[5000, 0, 10, 10\] lies outside the image.*no curve for this question/,
    );
  });
});
