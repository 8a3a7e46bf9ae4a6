import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CrossflowError } from '../../src/core/errors';
import { FileBeside, writeBeside } from '../../src/core/files/write-beside';
import { temporaryFolder } from '../support/temporary';

describe('a file written beside its place', () => {
  const folder = temporaryFolder();

  it('holds all pieces in their order, text and bytes, short and longer than what waits', () => {
    const file = folder.join('pieces');
    const long = 'größer '.repeat(60_000);
    const short = Array.from({ length: 30_000 }, (_, i) => `${i} 日本😀\n`);
    const pieces = ['', 'a', Buffer.from([0, 255, 10]), ...short, long, 'b', Buffer.from(long), ...short, 'end'];
    writeBeside(file, pieces);
    assert.ok(readFileSync(file).equals(Buffer.concat(pieces.map((piece) => Buffer.from(piece)))));
    assert.deepEqual(readdirSync(path.dirname(file)), ['pieces']);
  });

  it('is not there until it is whole, and whoever breaks off leaves the old one and nothing else', () => {
    const place = folder.join('old');
    mkdirSync(place);
    const file = path.join(place, 'table.csv');
    writeFileSync(file, 'old');
    const broken = function* () {
      yield 'new'.repeat(200_000);
      throw new Error('unreadable');
    };
    assert.throws(() => writeBeside(file, broken()), /^Error: unreadable$/);
    const beside = new FileBeside(file);
    beside.write('new');
    assert.equal(readFileSync(file, 'utf8'), 'old');
    beside.discard();
    assert.deepEqual([readdirSync(place), readFileSync(file, 'utf8')], [['table.csv'], 'old']);
    const whole = new FileBeside(file);
    whole.write('new');
    whole.finish();
    whole.discard();
    assert.deepEqual([readdirSync(place), readFileSync(file, 'utf8')], [['table.csv'], 'new']);
  });

  it('names the file that cannot be written', () => {
    const wrong = (e: unknown) =>
      e instanceof CrossflowError && e.kind === 'failed' && /: cannot be written: /.test(e.line);
    assert.throws(() => writeBeside(folder.join('nowhere/table.csv'), ['x']), wrong);
    const taken = folder.join('taken');
    mkdirSync(path.join(taken, 'table.csv', 'inside'), { recursive: true });
    assert.throws(() => writeBeside(path.join(taken, 'table.csv'), ['x']), wrong);
    assert.deepEqual(readdirSync(taken), ['table.csv']);
  });
});
