import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { crossflow, EXAMPLES, MODEL, scratch } from './crossflow';

describe('pictures that viewers show otherwise', () => {
  const file = scratch();
  /** Pictures of the examples that say they are to be turned. */
  async function turned(name: string, all: boolean): Promise<string> {
    const folder = file(name);
    cpSync(join(EXAMPLES, 'images'), folder, { recursive: true });
    for (const picture of all ? readdirSync(folder) : ['2300034.jpg']) {
      const bytes = await sharp(readFileSync(join(folder, picture)))
        .withMetadata({ orientation: 6 })
        .jpeg()
        .toBuffer();
      writeFileSync(join(folder, picture), bytes);
    }
    return folder;
  }
  const experiment = (name: string, change: (text: string) => string): string =>
    file(`${name}.flow.json`, change(readFileSync(join(EXAMPLES, `${name}.flow.json`), 'utf8')).replace('../models/shapes-llava', MODEL)); // prettier-ignore

  it('a run says so once, beside its results', async () => {
    const folder = await turned('one', false);
    const { code, stdout, stderr } = await crossflow('run', experiment('star', (text) => text.replace('images/', `${folder}/`)), '--json'); // prettier-ignore
    assert.equal(code, 0, stderr);
    assert.ok(JSON.parse(stdout));
    assert.match(stderr, /^crossflow: warning: \S+2300034\.jpg: EXIF orientation 6 is not applied, .*\n$/);
  });

  it('a data set run says so once a file, names a few and counts the rest', async () => {
    const folder = await turned('many', true);
    const text = experiment('dataset', (t) =>
      t
        .replace('"images": "images"', `"images": ${JSON.stringify(folder)}`)
        .replace('"limit": 40', '"limit": 9')
        .replace('"csv": "', `"csv": "${EXAMPLES}/`),
    );
    const { code, stderr } = await crossflow('run', text);
    assert.equal(code, 0, stderr);
    const lines = stderr.split('\n').filter((line) => line.includes('EXIF'));
    const named = new Set(lines.flatMap((line) => /\S+\.jpg(?=: EXIF)/.exec(line)?.[0] ?? []));
    assert.equal(named.size, 5, stderr);
    assert.equal(lines.length, 6, stderr);
    assert.match(lines[5], /^crossflow: warning: \d+ more of the pictures: EXIF orientation 6/);
  });
});
