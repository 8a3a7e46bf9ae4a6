import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { closeFiles } from '../../src/core/checkpoint/read';
import { CrossflowError } from '../../src/core/errors';
import { openCheckpoint } from '../../src/core/families';
import { cachedModels, findCached } from '../../src/core/families/hub';
import { loadGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const { modelDir } = loadGolden('llava-1.5-pad');
const DIGITS = 'ab'.repeat(32);

describe('a Hugging Face cache whose links cannot be followed', () => {
  const folder = temporaryFolder();
  let made = 0;
  afterEach(() => closeFiles());

  /** A cache with one model; `link` makes the named file of its snapshot. */
  async function cacheWith(
    name: string,
    link: (place: string) => Promise<void>,
  ): Promise<{ cache: string; snapshot: string }> {
    const cache = folder.join(`hub${made++}`);
    const repository = path.join(cache, 'models--owner--model');
    const snapshot = path.join(repository, 'snapshots', 'a'.repeat(40));
    await mkdir(snapshot, { recursive: true });
    await mkdir(path.join(repository, 'refs'));
    await writeFile(path.join(repository, 'refs', 'main'), 'a'.repeat(40));
    for (const file of await readdir(modelDir)) {
      if (/^(golden|image)/.test(file)) continue;
      if (file !== name) await cp(path.join(modelDir, file), path.join(snapshot, file));
    }
    await link(path.join(snapshot, name));
    return { cache, snapshot };
  }
  const refuses = (act: Promise<unknown>, message: RegExp): Promise<void> =>
    assert.rejects(
      act,
      (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line) && /HF_HUB_CACHE/.test(e.line),
    );

  const LINKS: readonly (readonly [string, (place: string) => Promise<void>, RegExp])[] = [
    [
      'to a place of another machine',
      (place) => symlink('/mnt/server/hub/blobs/' + DIGITS, place),
      /is a link to \/mnt\/server\/hub\/blobs\/\w+ that cannot be followed: there is no such file on this machine/,
    ],
    ['in a circle', (place) => symlink(path.basename(place), place), /cannot be followed: the links lead in a circle/],
    [
      'as the text file of Samba and macOS',
      (place) => writeFile(place, `XSym\n0079\n${'0'.repeat(32)}\n../../blobs/${DIGITS}\n`.padEnd(1067)),
      /is a link that the file server hands out as a text file/,
    ],
    ['as a bare path', (place) => writeFile(place, `../../blobs/${DIGITS}`), /hands out as a text file/],
  ];
  for (const [what, link, message] of LINKS) {
    for (const name of ['config.json', 'model.safetensors', 'generation_config.json']) {
      it(`${name}, ${what}: named as such`, async () => {
        const { cache, snapshot } = await cacheWith(name, link);
        await refuses(openCheckpoint(snapshot), new RegExp(`${name.replace('.', '\\.')}: .*${message.source}`));
        if (name === 'config.json') {
          await refuses(findCached({ name: 'owner/model' }, cache), message);
          // the list of models goes on without it
          assert.deepEqual(await cachedModels(cache), []);
        }
      });
    }
  }

  it('a blob that is not there yet is fetched, not complained of', async () => {
    const { cache, snapshot } = await cacheWith('config.json', (place) => symlink(`../../blobs/${DIGITS}`, place));
    assert.equal(await findCached({ name: 'owner/model' }, cache), undefined);
    await refuses(openCheckpoint(snapshot), /is a link to \.\.\/\.\.\/blobs\/\w+ that cannot be followed/);
    await rm(path.join(snapshot, 'config.json'));
    await cp(path.join(modelDir, 'config.json'), path.join(snapshot, 'config.json'));
    assert.equal(await findCached({ name: 'owner/model' }, cache), snapshot);
    await openCheckpoint(snapshot);
  });

  it('the command line says so, and asks nothing of the network', async () => {
    const { cache } = await cacheWith('config.json', (place) => symlink('/mnt/server/' + DIGITS, place));
    const cli = path.join(repositoryRoot, 'dist/cli.js');
    const env = { ...process.env, HF_HUB_CACHE: cache, HF_ENDPOINT: 'http://127.0.0.1:1' };
    const { status, stderr } = spawnSync(process.execPath, [cli, 'inspect', 'owner/model'], { env, encoding: 'utf8' });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /config\.json: is a link to \/mnt\/server\/\w+ that cannot be followed.*HF_HUB_CACHE/);
  });
});
