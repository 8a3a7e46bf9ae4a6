import assert from 'node:assert/strict';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { DatasetRun, type RunState } from '../../src/host/dataset/run';
import type { EnginePool } from '../../src/host/engine/pool';
import { temporaryFolder } from '../support/temporary';
import { modelFolder, pool, root } from './support';

const examples = path.join(root, 'examples');
const CSV = path.join(
  examples,
  readdirSync(examples).find((name) => name.endsWith('_ChooseAttr.csv'))!,
);

describe('a data set run from the editor, with a real engine process', () => {
  const folder = temporaryFolder();
  let engines: EnginePool;
  beforeEach(() => (engines = pool()));
  afterEach(() => engines.dispose());

  const dataset = (output: string, change: object = {}): Experiment => {
    const text = {
      model: modelFolder,
      prompt: 'vicuna_v1',
      window: 3,
      dataset: { csv: CSV, images: path.join(examples, 'images'), limit: 6, ...change },
      knockouts: ['Question->Last', 'Image->Last'],
      output: folder.join(output),
    };
    const { experiment, problems } = parseExperiment(JSON.stringify(text), folder.join('a.flow.json'));
    assert.ok(experiment, problems.map(({ message }) => message).join('; '));
    return experiment;
  };
  const started = (
    experiment: Experiment,
    changed: (state: RunState) => void = () => undefined,
  ): { run: DatasetRun; states: RunState[] } => {
    const states: RunState[] = [];
    const run = new DatasetRun(experiment, {
      pool: engines,
      options: () => ({ threads: 1 }),
      directory: async () => modelFolder,
      changed: (state) => {
        states.push(state);
        changed(state);
      },
    });
    return { run, states };
  };

  it('can be cancelled while the model loads', async () => {
    const { run, states } = started(dataset('loading'));
    const result = run.result();
    while (!engines.engines[0]?.pid) await new Promise((resolve) => setTimeout(resolve, 1));
    run.cancel();
    await assert.rejects(result, { kind: 'cancelled' });
    assert.ok(
      states.every(({ kind }) => kind === 'loading'),
      'nothing was asked',
    );
    assert.equal(engines.engines[0].state.kind, 'running', 'others may wait for the same model');
  });

  it('goes on by itself in a new process when an editor had the engine ended', async () => {
    let ended = false;
    const { run, states } = started(dataset('ended'), (state) => {
      if (ended || state.kind !== 'asking' || state.done < 2) return;
      ended = true;
      engines.engines[0].restart();
    });
    const { done, asked } = await run.result();
    assert.deepEqual([done, asked], [6, 6]);
    const again = states.slice(states.findLastIndex(({ kind }) => kind === 'loading'));
    const first = again.find((state) => state.kind === 'asking');
    assert.ok(first && first.done >= 2, 'nothing was computed twice');
  });

  it('says which questions could not be asked, and why', async () => {
    const images = folder.join('images');
    cpSync(path.join(examples, 'images'), images, { recursive: true });
    const { rows } = await started(dataset('whole')).run.result();
    writeFileSync(path.join(images, rows[0].image), 'no picture');
    const { done, asked, failed } = await started(dataset('failed', { images })).run.result();
    assert.ok(failed.length > 0 && failed.some(({ questionId }) => questionId === rows[0].questionId));
    assert.equal(done + failed.length, asked);
    assert.match(failed[0].message, new RegExp(rows[0].image));
  });
});
