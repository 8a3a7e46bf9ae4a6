import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { callOnce } from '../../src/host/engine/once';
import { statusItems } from '../../src/host/study/status';
import { modelKey, type StudyEvent } from '../../src/protocol/engine';
import { csvOf, EXAMPLES } from '../study/studies';
import { temporaryFolder } from '../support/temporary';
import { engineEntry, modelFolder } from './support';

describe('a study from the editor, with a real engine process', function () {
  this.timeout(400_000);
  const folder = temporaryFolder();
  const hooks = { ...engineEntry, log: () => undefined };
  const study = (change: object = {}): string => {
    const file = folder.join('s.study.json');
    const text = {
      models: [{ model: modelFolder, prompt: 'vicuna_v1' }],
      tasks: [csvOf('QueryAttr')],
      images: path.join(EXAMPLES, 'images'),
      knockouts: ['Question->Last'],
      windows: [3],
      limit: 3,
      output: 'out',
      ...change,
    };
    writeFileSync(file, JSON.stringify(text));
    return file;
  };
  const folders = { [modelKey({ kind: 'folder', path: modelFolder })]: modelFolder };
  const options = { threads: 1 };

  it('runs, is stopped, goes on, is looked at and reported', async () => {
    const file = study();
    const stop = new AbortController();
    const onEvent = ({ done }: StudyEvent): void => (done >= 1 ? stop.abort() : undefined);
    await assert.rejects(callOnce(hooks, 'study', { file, folders, options }, { signal: stop.signal, onEvent }), {
      kind: 'cancelled',
    });
    const status = await callOnce(hooks, 'studyStatus', { file });
    assert.ok(status.done >= 1 && status.total === 3);
    const { title, items } = statusItems(status);
    assert.match(title, /^[123] of 3 questions done/);
    assert.match(items[0].label, /shapes-llava on QueryAttr/);

    const events: StudyEvent[] = [];
    const result = await callOnce(hooks, 'study', { file, folders, options }, { onEvent: (e) => events.push(e) });
    assert.deepEqual([result.asked, result.failed, result.left], [3, 0, []]);
    assert.ok(events.some(({ what, done, total }) => /on QueryAttr/.test(what) && done === 3 && total === 3));
    assert.ok(existsSync(path.join(result.output, 'report.html')));
    assert.ok(readdirSync(path.join(result.output, 'figures/QueryAttr')).includes('shapes-llava'));
    const { output, left } = await callOnce(hooks, 'studyReport', { file });
    assert.deepEqual([output, left], [result.output, []]);
  });

  it('says what stands against it before anything is asked', async () => {
    const file = study({ knockouts: [{ from: 'Image', to: 'Last', heads: [99] }], output: 'never' });
    await assert.rejects(callOnce(hooks, 'study', { file, folders, options }), /head 99 does not exist/);
    await assert.rejects(callOnce(hooks, 'studyReport', { file }), /no results yet/);
    assert.ok(!existsSync(folder.join('never')));
  });

  it('has a line for each run, with what is wrong in it', () => {
    const run = { run: 'r', model: 'm', task: 't', kept: 1, dropped: 1, failed: 2, done: 2, damaged: 3 };
    const shard = { shard: '1/2', host: 'h', pid: 1, total: 5 };
    const shards = [
      { ...shard, state: 'alive' },
      { ...shard, state: 'left' },
    ] as const;
    const base = { study: 's', output: 'o', total: 10, done: 2 };
    const { title, items } = statusItems({
      ...base,
      ...{ perMinute: 4, secondsLeft: 120, runs: [{ ...run, shards, problem: 'x.csv changed since' }] },
    });
    assert.match(title, /^2 of 10 questions done; 4\.0 a minute, about 2 min/);
    assert.deepEqual(items, [
      {
        label: 'm on t',
        description: '2 of ? done, 1 right',
        detail: '2 could not be asked; 3 damaged journal lines; 1 at work; 1 left unfinished; x.csv changed since',
      },
    ]);
  });
});
