import assert from 'node:assert/strict';
import type { EnginePool } from '../../src/host/engine/pool';
import { statusWords } from '../../src/host/status-words';
import { modelFolder, pool } from './support';

const GIB = 2 ** 30;

describe('the status bar', () => {
  it('counts what a plan counts, and names what is mapped beside it', () => {
    const memory = { resident: 4.2 * GIB, mapped: 2.9 * GIB, caches: 0.25 * GIB };
    const { text, markdown, spoken } = statusWords([{ name: 'llava', memory, pid: 7 }], []);
    assert.equal(text, '$(circuit-board) Crossflow 1.3 GiB');
    assert.equal(
      markdown,
      '**llava**: 1.3 GiB of its own memory, which is what a plan counts, of which caches 256 MiB (process 7)\n\n' +
        '**llava**: 2.9 GiB of files that are mapped; the system takes them back when memory runs short',
    );
    assert.equal(spoken, 'Crossflow, 1.3 GiB of own memory');
  });
  it('says so where the system does not tell them apart', () => {
    const { markdown, spoken } = statusWords([{ name: 'm', memory: { resident: GIB, caches: 0 } }], []);
    assert.match(markdown, /1\.0 GiB of memory, weights in mapped files included/);
    assert.equal(spoken, 'Crossflow, 1.0 GiB of memory');
  });
  it('speaks plain words of what runs and of what ended', () => {
    const busy = statusWords(
      [{ name: 'm' }],
      [
        { title: 'star', what: 'Clean run' },
        { title: 'b', what: 'Logit lens' },
      ],
    );
    assert.equal(busy.spoken, 'Crossflow, Clean run and 1 more, engine starting');
    assert.equal(busy.text, '$(sync~spin) Clean run and 1 more Crossflow');
    const down = statusWords([{ name: 'my_*model*', down: 'ended by SIGKILL' }], []);
    assert.equal(down.spoken, 'Crossflow, engine ended');
    assert.equal(down.markdown, '**my\\_\\*model\\***: ended by SIGKILL');
    for (const { spoken } of [busy, down]) assert.doesNotMatch(spoken, /[*$()_]/);
  });
  it('gets both numbers from a real process', async () => {
    const engines: EnginePool = pool();
    try {
      const { engine } = await engines.lease(modelFolder, {});
      await engine.open();
      const { resident, mapped, caches } = (await engine.memory())!;
      assert.ok(resident > 50e6 && caches >= 0);
      if (process.platform === 'linux')
        assert.ok(mapped !== undefined && mapped > 1e6 && mapped < resident, String(mapped));
    } finally {
      engines.dispose();
    }
  });
});
