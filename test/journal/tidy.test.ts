import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { encodeLine } from '../../src/core/journal/lines';
import { CrossflowError } from '../../src/core/errors';
import { mergeJournals } from '../../src/core/journal/merge';
import { ownerFile, placeIn, shardFile, type Place } from '../../src/core/journal/place';
import { readJournals } from '../../src/core/journal/journals';
import { removeMerged } from '../../src/core/journal/tidy';
import { EXPERIMENT, header, kept } from './records';
import { temporaryFolder } from '../support/temporary';

describe('tidying a run that is merged', () => {
  const folder = temporaryFolder();
  let count = 0;
  /** Results of two shards, as if computed. */
  const made = (): { place: Place; shards: string[] } => {
    const place = placeIn(folder.join(String(count++)));
    mkdirSync(place.journals, { recursive: true });
    const shards = [1, 2].map((index) => {
      const path = shardFile(place.journals, { index, count: 2 }, 1);
      writeFileSync(path, encodeLine({ header: header() }));
      appendFileSync(path, line(index));
      return path;
    });
    return { place, shards };
  };
  const line = (row: number): Buffer => {
    const { row: index, is, ...rest } = kept(row);
    return encodeLine({ row: index, is, ...rest });
  };
  const refused = (work: () => void, pattern: RegExp) =>
    assert.throws(work, (e: unknown) => e instanceof CrossflowError && e.kind === 'usage' && pattern.test(e.line));

  it('removes what is in the merged journal', () => {
    const { place } = made();
    assert.equal(mergeJournals(place, EXPERIMENT, true)?.kept, 2);
    assert.ok(!existsSync(place.journals));
    assert.equal(mergeJournals(place, EXPERIMENT, true)?.kept, 2);
  });

  it('keeps a file that got a result after it was read, though its process has ended', () => {
    const { place, shards } = made();
    const { files } = readJournals(place);
    mergeJournals(place, EXPERIMENT);
    appendFileSync(shards[1], line(5));
    refused(
      () => removeMerged(place.journals, files),
      /2-of-2\.jsonl: was written to while it was merged, so it stays/,
    );
    assert.deepEqual(shards.map(existsSync), [false, true]);
    assert.equal(mergeJournals(place, EXPERIMENT, true)?.kept, 3);
    assert.ok(readFileSync(place.merged, 'utf8').includes('"row":5'));
  });

  it('sees who is at work by the file server’s clock, not by this machine’s', () => {
    const { place, shards } = made();
    const owner = { pid: 1, host: 'elsewhere', token: 't', journal: '1-of-2.jsonl', questions: 5, before: 0 };
    writeFileSync(ownerFile(place.journals, { index: 1, count: 2 }), JSON.stringify(owner));
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
    try {
      refused(() => mergeJournals(place, EXPERIMENT, true), /shards are being worked on, so nothing was removed/);
    } finally {
      Date.now = now;
    }
    assert.deepEqual(shards.map(existsSync), [true, true]);
  });
});
