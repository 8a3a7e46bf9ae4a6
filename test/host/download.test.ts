import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Models, progressText, type DownloadUi } from '../../src/host/download';
import { contents, hub, ID, shapes } from '../hub/support';
import { experiment, pool, session } from './support';

const WEIGHTS = 'model.safetensors';
const MODEL = { kind: 'hub', id: ID } as const;

describe('models of the hub in the editor', () => {
  const at = hub();
  const files = shapes();
  let asked: string[];
  let reports: { message: string; fraction: number }[];
  let titles: string[];

  /** An editor whose user answers every question the same way. */
  function editor(answer: boolean, change: Partial<DownloadUi> = {}): Models {
    asked = [];
    reports = [];
    titles = [];
    const ui: DownloadUi = {
      trusted: () => true,
      confirm: async (what) => {
        asked.push(what);
        return answer;
      },
      progress: async (title, work) => {
        titles.push(title);
        return work((message, fraction) => void reports.push({ message, fraction }), new AbortController().signal);
      },
      log: () => undefined,
      ...change,
    };
    return new Models(ui, async () => at.environment());
  }
  const nowhere = /the model crossflow-tests\/model is not on this machine/;

  it('typing an id reaches nobody', async () => {
    at.server.add(ID, files);
    const models = editor(true);
    await assert.rejects(models.locate(MODEL), nowhere);
    assert.deepEqual([asked, at.server.log, contents(at.cache)], [[], [], {}]);
  });

  it('asks once with size, source and place; a no stands until the user wants it again', async () => {
    at.server.add(ID, files);
    const models = editor(false);
    for (const times of [1, 2]) {
      models.want(MODEL);
      await assert.rejects(models.locate(MODEL), nowhere);
      await assert.rejects(models.locate(MODEL), nowhere);
      assert.equal(asked.length, times);
    }
    assert.equal(asked[0], `${ID}, 6.2 MB in 7 files, from ${at.server.endpoint} into ${at.cache}`);
    assert.deepEqual(at.server.asked(WEIGHTS), []);
    assert.deepEqual(contents(at.cache), {});
  });

  it('one question and one download for all editors that want the model', async () => {
    at.server.add(ID, files);
    const models = editor(true);
    models.want(MODEL);
    const folders = await Promise.all([models.locate(MODEL), models.locate(MODEL), models.locate(MODEL)]);
    assert.equal(new Set(folders).size, 1);
    assert.equal(asked.length, 1);
    assert.ok(existsSync(join(folders[0], WEIGHTS)));
    assert.equal(at.server.sent(WEIGHTS), files[WEIGHTS].length);
    assert.equal(reports.at(-1)?.fraction, 1);
    assert.match(reports.at(-1)?.message ?? '', /^6\.2 MB of 6\.2 MB/);
    assert.deepEqual(titles, [`Crossflow: looking up ${ID}`, `Crossflow: downloading ${ID}`]);
    at.server.reset();
    assert.equal(await models.locate(MODEL), folders[0]);
    assert.deepEqual(at.server.log, []);
  });

  it('never in Restricted Mode, however much it is wanted', async () => {
    at.server.add(ID, files);
    const models = editor(true, { trusted: () => false });
    models.want(MODEL);
    await assert.rejects(models.locate(MODEL), { hint: 'nothing is downloaded in Restricted Mode' });
    assert.deepEqual([asked, at.server.log], [[], []]);
  });

  it('can be cancelled, and goes on the next time', async () => {
    at.server.add(ID, files);
    at.server.faults.set(WEIGHTS, [{ kind: 'hang', after: 3_000_000 }]);
    const models = editor(true, {
      progress: (_, work) => {
        const abort = new AbortController();
        return work((message, fraction) => {
          reports.push({ message, fraction });
          if (fraction > 0.48) abort.abort();
        }, abort.signal);
      },
    });
    models.want(MODEL);
    await assert.rejects(models.locate(MODEL), { kind: 'cancelled' });
    await assert.rejects(models.locate(MODEL), nowhere, 'a cancelled download does not begin again by itself');
    const again = editor(true);
    again.want(MODEL);
    await again.locate(MODEL);
    assert.match(asked[0], /1 file \(\d\.\d MB of it are here from before\)/);
  });

  it('refuses a model that it could not read before it is fetched', async () => {
    at.server.add(ID, { ...files, 'config.json': JSON.stringify({ model_type: 'gpt2' }) });
    const models = editor(true);
    models.want(MODEL);
    await assert.rejects(models.locate(MODEL), /model_type "gpt2" is not supported/);
    assert.deepEqual(asked, []);
  });

  it('a live session says that the model is missing, and runs once it is wanted', async () => {
    at.server.add(ID, files);
    const models = editor(true);
    const engines = pool();
    try {
      const { live } = session(engines, { directory: (model) => models.locate(model) });
      const wanted = experiment({ model: ID });
      await live.update(wanted);
      assert.equal(live.status.kind, 'error');
      assert.match(live.status.kind === 'error' ? live.status.message : '', nowhere);
      models.want(wanted.model);
      await live.run();
      assert.equal(live.status.kind, 'idle', JSON.stringify(live.status));
      assert.equal(live.shown.clean?.answer.text, 'Star');
      live.dispose();
    } finally {
      engines.dispose();
    }
  });
});

describe('the words of a download', () => {
  it('say how much, how fast, and how long', () => {
    const rate = (perSecond?: number) => ({
      perSecond,
      secondsLeft: (missing: number) => (perSecond === undefined ? undefined : missing / perSecond),
    });
    assert.equal(progressText(3.2e9, 14.1e9, rate(24e6)), '3.2 GB of 14.1 GB, 24.0 MB/s, 7 min 34 s left');
    assert.equal(progressText(0, 999_960, rate()), '0 bytes of 1.0 MB');
    assert.equal(progressText(1, 1000, rate(100)), '1 byte of 1.0 kB, 100 bytes/s, 10 s left');
  });
});
