import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import sharp from 'sharp';
import { Images } from '../../src/core/engine/images';
import { commonFolder } from '../../src/core/engine/session';
import { openCheckpoint } from '../../src/core/families';
import { repositoryRoot } from '../support/golden';
import { decoderParts } from '../support/parts';
import { writeDecoder } from '../support/synthetic';

describe('the folder that weights are named from', () => {
  it('holds all files', () => {
    assert.equal(commonFolder(['/a/b/c/x', '/a/b/d/y'], path.posix), '/a/b');
    assert.equal(commonFolder(['/a/x', '/ab/y'], path.posix), '/');
    assert.equal(commonFolder(['D:\\a\\x', 'D:\\b\\y'], path.win32), 'D:\\');
  });

  it('does not exist for files on two drives of Windows', () => {
    assert.throws(() => commonFolder(['C:\\llava\\x', 'D:\\clip\\y'], path.win32), {
      kind: 'usage',
      message: /another drive than C:\\llava\\x/,
      place: { file: 'D:\\clip\\y' },
    });
  });
});

describe('parts of a model', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'crossflow-parts-'))));
  after(() => rm(folder, { recursive: true }));

  it('load the vision tower again after it could not be loaded, and close all the same', async () => {
    const shape = { layers: 1, hidden: 32, heads: 4, kvHeads: 2, intermediate: 48, vocab: 50 };
    const parts = await decoderParts(await writeDecoder(folder, shape), { threads: 1 });
    const first = parts.vision();
    await assert.rejects(first, 'these parts have no tower');
    const second = parts.vision();
    assert.notEqual(second, first);
    await assert.rejects(second);
    const third = parts.vision();
    await Promise.all([assert.rejects(third), parts.close()]);
  });

  it('hold the pictures that were asked for last', async () => {
    const images = new Images();
    const { eye } = await openCheckpoint(path.join(repositoryRoot, 'models/shapes-llava'));
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const load = async (name: string) => {
      await writeFile(path.join(folder, name), png, { flag: 'wx' }).catch(() => undefined);
      return images.load(path.join(folder, name), eye, 'processor');
    };
    const first = await load('first.png');
    for (const name of ['b.png', 'c.png', 'd.png']) await load(name);
    assert.equal(await load('first.png'), first);
    await load('e.png');
    assert.equal(await load('first.png'), first, 'asked for since b, c and d');
  });
});
