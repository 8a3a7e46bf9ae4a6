import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CrossflowError } from '../../src/core/errors';
import { decodeImage, readImageSize } from '../../src/core/vision/decode';
import { repositoryRoot } from '../support/golden';
import { sha256 } from './pictures';

/** Made by test/golden/tools/field_pictures.py; t0.gif, x.avif and ycbcr.tif are pictures that people reported. */
const folder = path.join(repositoryRoot, 'test/vision/fixtures/field');
const { pillow, files } = JSON.parse(readFileSync(path.join(folder, 'digests.json'), 'utf8')) as {
  pillow: string;
  files: Record<string, { size: [number, number]; sha256: string } | { refused: string }>;
};

/** What Pillow reads and Crossflow refuses, by name. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'rgb.bmp': /BMP images cannot be used/,
  'lab.tif': /Lab colours cannot be used/,
  'ycbcr-lzw.tif': /compressed YCbCr that is not subsampled cannot be used/,
  'ycbcr-deflate-11.tif': /compressed YCbCr that is not subsampled cannot be used/,
};
/** What is read, differs from Pillow, and says so. */
const DIFFERS: Readonly<Record<string, RegExp>> = {
  'grey16.png': /^16-bit grey: the upper 8 bits are kept/,
  'grey16.tif': /^16-bit grey: the upper 8 bits are kept/,
  'x.avif': /^AVIF: colours differ/,
  'alpha.avif': /^AVIF: colours differ/,
  'avif-420.avif': /^AVIF: colours differ/,
  'avif-422.avif': /^AVIF: colours differ/,
  'avif-444.avif': /^AVIF: colours differ/,
};
/** Equal to Pillow's all the same. */
const ALSO_SAID: Readonly<Record<string, RegExp>> = {
  'avif-400.avif': /^AVIF: colours differ/,
  ...Object.fromEntries(
    [2, 3, 5, 6, 8].map((o) => [`turned-${o}.jpg`, new RegExp(`^EXIF orientation ${o} is not applied`)]),
  ),
  'turned.png': /^EXIF orientation 6 is not applied/,
  'turned.webp': /^EXIF orientation 6 is not applied/,
};

describe(`pictures as people have them, beside Pillow ${pillow}`, () => {
  for (const [name, want] of Object.entries(files)) {
    const file = path.join(folder, name);
    const why = 'refused' in want ? /damaged or cut off/ : REFUSED[name];
    if (why) {
      it(`${name} is refused by name`, async () => {
        for (const read of [decodeImage, ...('refused' in want ? [] : [readImageSize])])
          await assert.rejects(read(file), (e) => {
            assert.ok(e instanceof CrossflowError && e.kind === 'usage' && e.place?.file === file, String(e));
            assert.match(e.message, why);
            return true;
          });
      });
    } else if ('sha256' in want) {
      const said = DIFFERS[name] ?? ALSO_SAID[name];
      it(`${name}: ${name in DIFFERS ? 'differs, and says so' : 'equal bytes'}`, async () => {
        const image = await decodeImage(file);
        assert.deepEqual([image.width, image.height], want.size);
        assert.deepEqual(await readImageSize(file), { width: want.size[0], height: want.size[1] });
        assert.equal(sha256(image.data) === want.sha256, !(name in DIFFERS));
        assert.equal(image.notes.length, said ? 1 : 0, image.notes.join('\n'));
        if (said) assert.match(image.notes[0], said);
      });
    }
  }

  it('a GIF that is cut off before its first frame, or no picture at all, is refused as such', async () => {
    const bytes = readFileSync(path.join(folder, 't0.gif'));
    const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const scratch = mkdtempSync(path.join(tmpdir(), 'crossflow-field-'));
    try {
      const tiff = readFileSync(path.join(folder, 'ycbcr.tif'));
      for (const [name, data] of [
        ...[6, 9, 13, 40].map((length) => [`${length}.gif`, bytes.subarray(0, length)] as const),
        ...[9, 20, 30, 60].map((length) => [`${length}.tif`, tiff.subarray(0, length)] as const),
      ]) {
        const file = path.join(scratch, name);
        writeFileSync(file, data);
        await assert.rejects(decodeImage(file), /damaged or cut off|not an image/, name);
      }
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});
