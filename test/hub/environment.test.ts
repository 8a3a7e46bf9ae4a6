import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { hubId, readHubId } from '../../src/core/hub/id';
import { Rate } from '../../src/core/hub/rate';
import { temporaryFolder } from '../support/temporary';
import { environmentOf } from './support';

const HOME = homedir();

describe('the environment, as huggingface_hub reads it', () => {
  const folder = temporaryFolder();
  const cache = async (variables: Record<string, string>): Promise<string> => (await environmentOf(variables)).cache;

  it('where models are kept', async () => {
    assert.equal(await cache({}), join(HOME, '.cache/huggingface/hub'));
    assert.equal(await cache({ XDG_CACHE_HOME: '/x' }), '/x/huggingface/hub');
    assert.equal(await cache({ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }), '/h/hub');
    assert.equal(await cache({ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }), '/old');
    assert.equal(await cache({ HF_HUB_CACHE: '/new', HUGGINGFACE_HUB_CACHE: '/old' }), '/new');
    assert.equal(await cache({ HF_HOME: '~/hf' }), join(HOME, 'hf/hub'));
    assert.equal(await cache({ HF_HUB_CACHE: '$SCRATCH/${USER}/hub', SCRATCH: '/s', USER: 'me' }), '/s/me/hub');
    assert.equal(await cache({ HF_HUB_CACHE: '', HF_HOME: '' }), join(HOME, '.cache/huggingface/hub'));
  });

  it('the token: the variable, the file, or none', async () => {
    const file = folder.join('token');
    writeFileSync(file, 'from-file\n');
    const home = { HF_HOME: folder.path };
    const token = async (variables: Record<string, string>): Promise<string | undefined> =>
      (await environmentOf({ HF_HOME: '/none', ...variables })).token;
    assert.equal(await token({}), undefined);
    assert.equal(await token(home), 'from-file');
    assert.equal(await token({ HF_TOKEN_PATH: file }), 'from-file');
    assert.equal(await token({ ...home, HF_TOKEN: ' from-variable\n' }), 'from-variable');
    assert.equal(await token({ ...home, HF_TOKEN: 'x', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }), undefined);
    const secret = 'secret\nsecond line';
    await assert.rejects(
      token({ HF_TOKEN: secret }),
      (e: Error) => /HF_TOKEN/.test(e.message) && !/secret/.test(e.message),
    );
    mkdirSync(folder.join('as-folder'));
    assert.equal(await token({ HF_TOKEN_PATH: folder.join('as-folder') }), undefined);
  });

  it('endpoint, offline and patience', async () => {
    assert.equal((await environmentOf({})).endpoint, 'https://huggingface.co');
    assert.equal(
      (await environmentOf({ HF_ENDPOINT: 'https://mirror.example/hf//' })).endpoint,
      'https://mirror.example/hf',
    );
    for (const bad of ['mirror.example', 'ftp://x', 'file:///x']) {
      await assert.rejects(environmentOf({ HF_ENDPOINT: bad }), /HF_ENDPOINT is ".*", which is no address/);
    }
    for (const yes of ['1', 'true', 'YES', 'On'])
      assert.ok((await environmentOf({ HF_HUB_OFFLINE: yes })).offline, yes);
    for (const no of ['', '0', 'false', 'off']) assert.ok(!(await environmentOf({ HF_HUB_OFFLINE: no })).offline, no);
    assert.ok((await environmentOf({ TRANSFORMERS_OFFLINE: '1' })).offline);
    assert.equal((await environmentOf({ HF_HUB_DOWNLOAD_TIMEOUT: '3' })).stallMs, 3000);
    assert.equal((await environmentOf({ HF_HUB_DOWNLOAD_TIMEOUT: 'x' })).stallMs, 30_000);
  });
});

describe('ids', () => {
  it('are owner/name, with a revision where one is named', () => {
    assert.deepEqual(readHubId('llava-hf/llava-1.5-7b-hf'), { name: 'llava-hf/llava-1.5-7b-hf' });
    assert.deepEqual(readHubId('a/b@refs/pr/4'), { name: 'a/b', revision: 'refs/pr/4' });
    for (const bad of [
      'a',
      'a/b/c',
      './a',
      '../a/b',
      '/a/b',
      'a/..',
      'a/b--c',
      'a/-b',
      'a/b.',
      'a b/c',
      'a/b@',
      'a/b@../x',
      'a/b@-x',
      'a/b@x/../y',
      'a/b@/x',
      '@x',
      '',
      `a/${'b'.repeat(96)}`,
    ]) {
      assert.equal(readHubId(bad), undefined, bad);
    }
    assert.throws(() => hubId('x'), /"x" is no Hugging Face id/);
    assert.throws(() => hubId('a/b', '..'), /"\.\." is no revision/);
  });

  it('never lead out of the cache', () => {
    const pieces = fc.array(
      fc.constantFrom('a', 'B', '0', '.', '..', '-', '_', '/', '\\', '@', '~', ' ', '\0', ':', '%2e'),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const id = readHubId(parts.join(''));
        if (!id) return;
        const path = `${id.name}/${id.revision ?? ''}`;
        assert.ok(!path.split('/').some((part) => part === '..' || part === '.'), path);
        assert.doesNotMatch(path, /[\\\0:~% ]/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('rates', () => {
  it('count what came in the last seconds, and forget what was thrown away', () => {
    let now = 0;
    const rate = new Rate(() => now);
    rate.add(1_000_000);
    assert.equal(rate.perSecond, undefined, 'too early');
    for (let i = 1; i <= 30; i++) {
      now = i * 1000;
      rate.add(1_000_000 + i * 500);
    }
    assert.equal(rate.perSecond, 500);
    assert.equal(rate.secondsLeft(5000), 10);
    rate.add(0);
    assert.equal(rate.perSecond, undefined);
    for (let i = 31; i <= 60; i++) {
      now = i * 1000;
      rate.add(0);
    }
    assert.equal(rate.secondsLeft(1), undefined, 'nothing comes');
  });
});
