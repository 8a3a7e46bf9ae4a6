import assert from 'node:assert/strict';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachedModels } from '../../src/core/families/hub';
import { temporaryFolder } from '../support/temporary';

const MODEL = path.resolve(import.meta.dirname, '../../models/shapes-llava');
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

describe('models of the cache', () => {
  const cache = temporaryFolder();

  it('are listed when they are complete', async () => {
    for (const name of ['owner--whole-model', 'another--part']) {
      const repository = cache.join(`models--${name}`);
      await cp(MODEL, path.join(repository, 'snapshots', COMMIT), { recursive: true });
      await mkdir(path.join(repository, 'refs'));
      await writeFile(path.join(repository, 'refs/main'), COMMIT);
    }
    await rm(cache.join('models--another--part/snapshots', COMMIT, 'model.safetensors'));
    await mkdir(cache.join('datasets--owner--table'));
    assert.deepEqual(await cachedModels(cache.path), [
      { name: 'owner/whole-model', snapshot: cache.join('models--owner--whole-model/snapshots', COMMIT) },
    ]);
  });

  it('are none where there is no cache', async () => {
    assert.deepEqual(await cachedModels(cache.join('nothing')), []);
  });
});
