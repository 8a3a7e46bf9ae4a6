import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { besidePath } from '../../src/core/files/beside';
import { writeBeside } from '../../src/core/files/write-beside';
import { temporaryFolder } from '../support/temporary';

describe('a file written beside its place', () => {
  const folder = temporaryFolder();

  it('leaves what others are writing and removes what killed writers left', () => {
    const file = folder.join('table.csv');
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const mine = path.basename(besidePath(file));
    const [, machine] = /^table\.csv\.([0-9a-f]{8})-\d+\.part$/.exec(mine) ?? [];
    assert.ok(machine !== undefined, mine);
    const elsewhere = machine === '00000000' ? '11111111' : '00000000';
    const make = (name: string, age = 0): void => {
      const made = folder.join(name);
      writeFileSync(made, 'half');
      const then = new Date(Date.now() - age);
      utimesSync(made, then, then);
    };
    make(`table.csv.${machine}-${pid}.part`);
    // The same number on another machine, where it may well be at work.
    make(`table.csv.${elsewhere}-${pid}.part`);
    make(`table.csv.${elsewhere}-7.part`, 2 * 3_600_000);
    make(`table.csv.${machine}-${process.ppid}.part`);
    make(`other.csv.${machine}-${pid}.part`);
    make('table.csv.notes.part', 2 * 3_600_000);
    writeBeside(file, ['who', 'le']);
    assert.equal(readFileSync(file, 'utf8'), 'whole');
    assert.deepEqual(
      readdirSync(folder.path).sort(),
      [
        `other.csv.${machine}-${pid}.part`,
        'table.csv',
        `table.csv.${elsewhere}-${pid}.part`,
        `table.csv.${machine}-${process.ppid}.part`,
        'table.csv.notes.part',
      ].sort(),
    );
  });
});
