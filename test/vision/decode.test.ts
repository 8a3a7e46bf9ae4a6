import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import sharp from 'sharp';
import { CrossflowError } from '../../src/core/errors';
import { decodeImage, readImageSize } from '../../src/core/vision/decode';
import { MAX_IMAGE_SIDE } from '../../src/core/vision/image';
import { repositoryRoot } from '../support/golden';
import { sha256 } from './pictures';

const folder = path.join(repositoryRoot, 'test/vision/fixtures/decode');
const digests = JSON.parse(readFileSync(path.join(folder, 'digests.json'), 'utf8')) as {
  pillow: string;
  files: Record<string, { size: [number, number]; sha256: string }>;
};

describe('decodeImage', () => {
  let scratch: string;
  before(() => (scratch = mkdtempSync(path.join(tmpdir(), 'crossflow-decode-'))));
  after(() => rmSync(scratch, { recursive: true, force: true }));

  for (const [name, want] of Object.entries(digests.files)) {
    it(`reads ${name} as Pillow ${digests.pillow} does`, async () => {
      const image = await decodeImage(path.join(folder, name));
      assert.deepEqual([image.width, image.height], want.size);
      assert.deepEqual(await readImageSize(path.join(folder, name)), { width: want.size[0], height: want.size[1] });
      assert.equal(sha256(image.data), want.sha256);
    });
  }

  it('keeps the upper 8 of 16 bits of a grey picture, which Pillow would clip to white', async () => {
    const grey = new Uint16Array([0, 255, 256, 0x1234, 0x8000, 0xffff]);
    const file = path.join(scratch, 'grey16.png');
    await sharp(grey, { raw: { width: 3, height: 2, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(file);
    const { data } = await decodeImage(file);
    assert.deepEqual(
      [...data],
      [0, 0, 1, 0x12, 0x80, 0xff].flatMap((v) => [v, v, v]),
    );
  });

  it('reads a file again after it changed', async () => {
    const file = path.join(scratch, 'changing.png');
    const one = (red: number): Promise<unknown> =>
      sharp({ create: { width: 2, height: 2, channels: 3, background: { r: red, g: 0, b: 0 } } })
        .png()
        .toFile(file);
    await one(10);
    assert.equal((await decodeImage(file)).data[0], 10);
    await one(20);
    assert.equal((await decodeImage(file)).data[0], 20);
  });

  /** Fails with one line that names the file. */
  async function refuses(file: string, message: RegExp): Promise<void> {
    await assert.rejects(decodeImage(file), (e) => {
      assert.ok(e instanceof CrossflowError, String(e));
      assert.equal(e.kind, 'usage');
      assert.equal(e.place?.file, file);
      assert.match(e.message, message);
      assert.ok(!e.line.includes('\n'));
      return true;
    });
  }

  const write = (name: string, data: Uint8Array | string): string => {
    const file = path.join(scratch, name);
    writeFileSync(file, data);
    return file;
  };

  it('refuses what is not there, not a file or not an image', async () => {
    await refuses(path.join(scratch, 'nothing.png'), /no such image file/);
    await refuses(path.join(folder, 'rgb.png', 'below.png'), /no such image file/);
    await refuses(scratch, /folder/);
    await refuses(write('empty.png', ''), /empty/);
    await refuses(write('text.png', 'not an image at all'), /not an image file/);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>';
    await refuses(write('drawing.svg', svg), /svg images cannot be used/);
    if (process.platform !== 'win32') await refuses('/dev/zero', /not a regular file/);
  });

  if (process.platform !== 'win32') {
    it('refuses a file it may not read', async () => {
      const file = write('secret.png', readFileSync(path.join(folder, 'rgb.png')));
      chmodSync(file, 0);
      // Root may read everything: be somebody else meanwhile.
      const root = process.geteuid?.() === 0;
      if (root) process.seteuid?.(65534);
      try {
        await refuses(file, /may not be read/);
      } finally {
        if (root) process.seteuid?.(0);
      }
    });
  }

  for (const name of ['420.jpg', 'progressive.jpg', 'rgb.png', 'lossy.webp', 'palette.gif', 'rgb.tif']) {
    it(`refuses ${name} when it is cut off`, async () => {
      const bytes = readFileSync(path.join(folder, name));
      for (const part of [0.25, 0.5, 0.8]) {
        await refuses(
          write(`cut-${part}-${name}`, bytes.subarray(0, Math.floor(bytes.length * part))),
          /damaged or cut off|not an image/,
        );
      }
    });
  }

  it('refuses pictures with too many pixels before it decodes them', async () => {
    const claiming = (width: number, height: number): Buffer => {
      const bytes = Buffer.from(readFileSync(path.join(folder, 'rgb.png')));
      bytes.writeUInt32BE(width, 16);
      bytes.writeUInt32BE(height, 20);
      return bytes;
    };
    await refuses(write('large.png', claiming(50_000, 50_000)), /50000 x 50000 pixels, at most 178956970/);
    await refuses(write('long.png', claiming(MAX_IMAGE_SIDE + 1, 1)), /65536 x 1 pixels, at most 65535/);
    await refuses(write('none.png', claiming(0, 5)), /damaged|no pixels/);
  });
});
