import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Journal, JournalReader } from '../../src/core/journal/reader';
import { encodeLine } from '../../src/core/journal/lines';
import type { RowRecord } from '../../src/core/journal/record';
import { CrossflowError } from '../../src/core/errors';
import { random as seeded } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';
import { header, kept } from './records';

const ROWS = 6;
const isUsage = (pattern: RegExp) => (e: unknown) =>
  e instanceof CrossflowError && e.kind === 'usage' && pattern.test(e.line);

describe('journal', () => {
  const folder = temporaryFolder();
  let whole: string;
  let bytes: Buffer;
  const records: RowRecord[] = Array.from({ length: ROWS }, (_, row) => kept(row));

  /** Asks what is not there yet, as a run does. */
  const finish = (path: string): { asked: number[]; damaged: number } => {
    const journal = Journal.resume(path, header());
    const asked: number[] = [];
    for (const record of records) {
      if (journal.kindOf(record.row)) continue;
      asked.push(record.row);
      journal.append(record);
    }
    journal.close();
    return { asked, damaged: journal.damaged };
  };
  const contents = (path: string): RowRecord[] => {
    const reader = JournalReader.open(path);
    try {
      return [...reader.records()];
    } finally {
      reader.close();
    }
  };

  before(() => {
    whole = folder.join('whole.jsonl');
    assert.equal(finish(whole).asked.length, ROWS);
    bytes = readFileSync(whole);
  });

  it('gives back what was written, in the order of the rows', () => {
    assert.deepEqual(contents(whole), records);
    const path = folder.join('order.jsonl');
    const journal = Journal.resume(path, header());
    for (const record of [...records].reverse()) journal.append(record);
    journal.close();
    assert.deepEqual(contents(path), records);
    const reader = JournalReader.open(path);
    assert.deepEqual([...reader.records(2)].map((r) => r.row), [0, 1]); // prettier-ignore
    reader.close();
  });

  it('cut at any byte and taken up again it is the same file, and only what was cut is asked again', () => {
    const path = folder.join('cut.jsonl');
    const ends = [...bytes.keys()].filter((i) => bytes[i] === 10);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), (at) => {
        copyFileSync(whole, path);
        truncateSync(path, at);
        const left = Math.max(0, ends.filter((end) => end < at).length - 1);
        assert.deepEqual(finish(path), { asked: records.slice(left).map((r) => r.row), damaged: 0 });
        assert.ok(readFileSync(path).equals(bytes));
      }),
      { numRuns: 300, examples: [[0], [1], [bytes.length - 1], [bytes.length]] },
    );
  });

  it('a torn write of other bytes at the end goes too', () => {
    const path = folder.join('junk.jsonl');
    fc.assert(
      fc.property(
        fc.integer({ min: bytes.indexOf(10) + 1, max: bytes.length }),
        fc.uint8Array({ maxLength: 80 }),
        (at, junk) => {
          writeFileSync(path, Buffer.concat([bytes.subarray(0, at), junk]));
          finish(path);
          assert.deepEqual(contents(path), records);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a byte damaged on the disk costs its own line and nothing else', () => {
    const path = folder.join('damaged.jsonl');
    const start = bytes.indexOf(10) + 1;
    const last = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    fc.assert(
      fc.property(fc.integer({ min: start, max: last - 2 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Buffer.from(bytes);
        bad[at] ^= change;
        writeFileSync(path, bad);
        const row = bytes.subarray(0, at).filter((b) => b === 10).length - 1;
        // A damaged line end joins two lines; a line end made in the middle parts one.
        const rows = bytes[at] === 10 ? [row, row + 1] : [row];
        const { asked, damaged } = finish(path);
        assert.deepEqual(asked, rows);
        assert.ok(damaged >= 1 || rows.includes(ROWS - 1));
        assert.deepEqual(contents(path), records);
      }),
      { numRuns: 200, examples: [8, 7, 16, 17].map((i) => [start + i, 1] as [number, number]) },
    );
  });

  it('asks a failed question again, and the later record counts', () => {
    const path = folder.join('failed.jsonl');
    const journal = Journal.resume(path, header());
    const { row, question_id, img_id, image, image_bytes, gold, question, seconds } = kept(0);
    journal.append({
      row,
      is: 'failed',
      question_id,
      img_id,
      image,
      image_bytes,
      gold,
      question,
      seconds,
      error: 'no',
    });
    assert.equal(journal.kindOf(0), 'failed');
    journal.append(kept(0));
    journal.close();
    assert.deepEqual(contents(path), [kept(0)]);
  });

  it('refuses to mix results, and says what changed', () => {
    const before = statSync(whole);
    const changed: [Parameters<typeof header>[0], RegExp][] = [
      [{ checkpoint: 'x' }, /the checkpoint changed since/],
      [{ csv: 'x' }, /the CSV file changed since/],
      [{ device: 'cuda' }, /the device \(cpu, now cuda\) changed since/],
      [{ crossflow: '9.9.9' }, /Crossflow's version \(1\.2\.3, now 9\.9\.9\) changed since/],
      [
        { settings: { ...header().identity.settings, knockouts: ['Image->Last w3'], instruction: 'x' } },
        /"instruction", "knockouts" changed since/,
      ],
    ];
    for (const [change, pattern] of changed) {
      assert.throws(() => Journal.resume(whole, header(change)), isUsage(pattern));
    }
    assert.equal(statSync(whole).mtimeMs, before.mtimeMs);
    assert.ok(readFileSync(whole).equals(bytes));
  });

  it('begins anew after a power loss that left a size without data', () => {
    const path = folder.join('zeros.jsonl');
    for (const size of [1, 700, 70_000]) {
      writeFileSync(path, Buffer.alloc(size));
      assert.throws(() => JournalReader.open(path), isUsage(/holds no result yet/));
      assert.equal(finish(path).asked.length, ROWS);
      assert.ok(readFileSync(path).equals(bytes));
    }
  });

  it('leaves a file alone that is no journal', () => {
    const path = folder.join('notes.jsonl');
    for (const text of ['my notes\n', 'my notes', '{"crc":"00000000","header":{}}\n{"crc":"0"', '\n']) {
      writeFileSync(path, text);
      assert.throws(() => Journal.resume(path, header()), isUsage(/is not a journal of Crossflow/));
      assert.equal(readFileSync(path, 'utf8'), text);
    }
    rmSync(path);
    assert.throws(() => JournalReader.open(path), isUsage(/no journal here/));
  });

  it('a whole line that holds no record is named, not read as one', () => {
    const path = folder.join('foreign.jsonl');
    const base = kept(1);
    const lens = (rows: unknown) => ({ lens: { ...base.lens, with_norm: rows } });
    const words = (best: object) => ({
      lens: { ...base.lens, best: { texts: ['a'], words: [], scores: [], ...best } },
    });
    const wrong: object[] = [
      ...[[['0.5']], [[0.5, null]], [0.5], 'x', [{ length: 1 }]].map((curves) => ({ curves })),
      ...[[['0.5']], [null]].map(lens),
      ...[{ words: [[-1]] }, { words: [[0.5]] }, { scores: [['1']] }].map(words),
      { base: '1' },
    ];
    for (const change of wrong) {
      const { row, is, ...rest } = { ...base, ...change };
      writeFileSync(path, Buffer.concat([{ header: header() }, kept(0), { row, is, ...rest }].map(encodeLine)));
      const reader = JournalReader.open(path);
      assert.deepEqual(reader.record(0), kept(0));
      const refused = isUsage(/foreign\.jsonl: the record of row 2 is none of this version/);
      assert.throws(() => reader.record(1), refused, JSON.stringify(change));
      assert.throws(() => [...reader.records()], refused);
      reader.close();
    }
  });

  it('gives its records in the order of the rows however they stand in it', () => {
    const path = folder.join('many.jsonl');
    const random = seeded(3);
    const rows = 600;
    const base = header();
    const of = { ...base, about: { ...base.about, rows } };
    // Longer and shorter than what is read at once.
    const long = (row: number) =>
      kept(row, { question: 'é'.repeat(row % 50 === 0 ? 200_000 : Math.floor(3000 * random())) });
    const all = Array.from({ length: rows }, (_, row) => long(row));
    const shuffled = all.map((record) => ({ record, at: random() })).sort((a, b) => a.at - b.at);
    writeFileSync(
      path,
      Buffer.concat(
        [{ header: of }, ...shuffled.map(({ record: { row, is, ...rest } }) => ({ row, is, ...rest }))].map(encodeLine),
      ),
    );
    assert.ok(isDeepStrictEqual(contents(path), all));
  });

  it('can be read while it is written', () => {
    const path = folder.join('live.jsonl');
    const journal = Journal.resume(path, header());
    for (const record of records) {
      journal.append(record);
      assert.equal(contents(path).length, record.row + 1);
    }
    journal.close();
  });
});
