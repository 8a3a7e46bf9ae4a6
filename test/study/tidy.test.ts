import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { settingsOf } from '../../src/core/journal/identity';
import { encodeLine } from '../../src/core/journal/lines';
import { CrossflowError } from '../../src/core/errors';
import { journalFolder, mergedJournal, ownerFile, shardFile } from '../../src/core/study/folders';
import { readJournals } from '../../src/core/study/journals';
import { mergeRun } from '../../src/core/study/merge';
import { loadStudy } from '../../src/core/study/parse';
import { removeMerged } from '../../src/core/study/tidy';
import type { PlannedRun, Study } from '../../src/core/study/types';
import { header, kept } from '../journal/records';
import { temporaryFolder } from '../support/temporary';
import { writeStudy } from './studies';

describe('tidying a run that is merged', () => {
  const folder = temporaryFolder();
  let count = 0;
  /** A study of one run with results of two shards, as if computed. */
  const made = async (): Promise<{ study: Study; run: PlannedRun; inside: string; shards: string[] }> => {
    const study = await loadStudy(writeStudy(folder.path, String(count++), ['QueryAttr']));
    const [run] = study.runs;
    const inside = journalFolder(study, run);
    mkdirSync(inside, { recursive: true });
    const shards = [1, 2].map((index) => {
      const path = shardFile(inside, { index, count: 2 }, 1);
      writeFileSync(path, encodeLine({ header: header({ settings: settingsOf(run.experiment) }) }));
      appendFileSync(path, line(index));
      return path;
    });
    return { study, run, inside, shards };
  };
  const line = (row: number): Buffer => {
    const { row: index, is, ...rest } = kept(row);
    return encodeLine({ row: index, is, ...rest });
  };
  const refused = (work: () => void, pattern: RegExp) =>
    assert.throws(work, (e: unknown) => e instanceof CrossflowError && e.kind === 'usage' && pattern.test(e.line));

  it('removes what is in the merged journal', async () => {
    const { study, run, shards } = await made();
    assert.equal(mergeRun(study, run, true)?.kept, 2);
    assert.deepEqual(shards.map(existsSync), [false, false]);
    assert.equal(mergeRun(study, run, true)?.kept, 2);
  });

  it('keeps a file that got a result after it was read, though its process has ended', async () => {
    const { study, run, inside, shards } = await made();
    const { files } = readJournals(study, run);
    mergeRun(study, run);
    appendFileSync(shards[1], line(5));
    refused(() => removeMerged(inside, files), /2-of-2\.jsonl: was written to while it was merged, so it stays/);
    assert.deepEqual(shards.map(existsSync), [false, true]);
    assert.equal(mergeRun(study, run, true)?.kept, 3);
    assert.ok(readFileSync(mergedJournal(run), 'utf8').includes('"row":5'));
  });

  it('sees who is at work by the file server’s clock, not by this machine’s', async () => {
    const { study, run, inside, shards } = await made();
    const owner = { pid: 1, host: 'elsewhere', token: 't', journal: '1-of-2.jsonl', questions: 5, before: 0 };
    writeFileSync(ownerFile(inside, { index: 1, count: 2 }), JSON.stringify(owner));
    const { now } = Date;
    Date.now = () => now() + 3_600_000;
    try {
      refused(() => mergeRun(study, run, true), /shards are being worked on, so nothing was removed/);
    } finally {
      Date.now = now;
    }
    assert.deepEqual(shards.map(existsSync), [true, true]);
  });
});
