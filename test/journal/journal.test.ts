import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { checkIdentity, headersOf } from '../../src/core/journal/journals';
import { mergeJournals } from '../../src/core/journal/merge';
import { placeIn, shardFile, WHOLE, type Place } from '../../src/core/journal/place';
import { JournalReader } from '../../src/core/journal/reader';
import { encodeLine } from '../../src/core/journal/lines';
import type { RowRecord } from '../../src/core/journal/record';
import { ShardJournal } from '../../src/core/journal/shard-journal';
import { CrossflowError } from '../../src/core/errors';
import { random as seeded } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';
import { EXPERIMENT, header, kept, writeStart } from './records';

const ROWS = 6;
const isUsage = (pattern: RegExp) => (e: unknown) =>
  e instanceof CrossflowError && e.kind === 'usage' && pattern.test(e.line);

describe('journal', () => {
  const folder = temporaryFolder();
  const records: RowRecord[] = Array.from({ length: ROWS }, (_, row) => kept(row));
  /** Where one start was left, and what of it. */
  let place: Place;
  let first: string;
  /** The merged journal of an undisturbed run, and the bytes of its one start: they are the same. */
  let bytes: Buffer;

  /** A run whose first start left these bytes, or, as earlier builds did, whose one journal holds them. */
  const left = (of: Uint8Array, merged = false): void => {
    rmSync(folder.join('run'), { recursive: true, force: true });
    mkdirSync(place.journals, { recursive: true });
    writeFileSync(merged ? place.merged : first, of);
  };
  /** Asks what is not there yet, as a run does, and merges, which takes most of the time. */
  const finish = (merge = true): { asked: number[]; damaged: number } => {
    const reader = JournalReader.openIfAny(place);
    const missing = records.filter(({ row }) => !reader?.kindOf(row));
    const damaged = reader?.damaged ?? 0;
    reader?.close();
    writeStart(place, header(), missing);
    if (merge) mergeJournals(place, EXPERIMENT, true);
    return { asked: missing.map(({ row }) => row), damaged };
  };
  const contents = (): RowRecord[] => {
    const reader = JournalReader.open(place);
    try {
      return [...reader.records()];
    } finally {
      reader.close();
    }
  };

  before(() => {
    place = placeIn(folder.join('run'));
    first = shardFile(place.journals, WHOLE, 1);
    mkdirSync(folder.join('run'));
    writeStart(place, header(), records);
    bytes = readFileSync(first);
    assert.equal(finish().asked.length, 0);
    assert.ok(readFileSync(place.merged).equals(bytes));
    assert.deepEqual(readdirSync(folder.join('run')), ['journal.jsonl']);
  });

  it('gives back what was written, in the order of the rows', () => {
    left(bytes);
    assert.deepEqual(contents(), records);
    rmSync(first);
    writeStart(place, header(), [...records].reverse());
    assert.deepEqual(contents(), records);
    const reader = JournalReader.open(place);
    assert.deepEqual([...reader.records(2)].map((r) => r.row), [0, 1]); // prettier-ignore
    reader.close();
  });

  it('cut at any byte and taken up again it is the same file, and only what was cut is asked again', () => {
    const ends = [...bytes.keys()].filter((i) => bytes[i] === 10);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), fc.boolean(), fc.nat(9), (at, merged, rarely) => {
        left(bytes.subarray(0, at), merged);
        const whole = Math.max(0, ends.filter((end) => end < at).length - 1);
        assert.deepEqual(finish(rarely === 0), { asked: records.slice(whole).map((r) => r.row), damaged: 0 });
        assert.deepEqual(contents(), records);
        if (rarely === 0) assert.ok(readFileSync(place.merged).equals(bytes));
      }),
      { numRuns: 300, examples: [[0, false, 0], [1, true, 0], [bytes.length - 1, true, 0], [bytes.length, false, 0]] }, // prettier-ignore
    );
  });

  it('a torn write of other bytes at the end goes too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: bytes.indexOf(10) + 1, max: bytes.length }),
        fc.uint8Array({ maxLength: 80 }),
        (at, junk) => {
          left(Buffer.concat([bytes.subarray(0, at), junk]));
          finish(false);
          assert.deepEqual(contents(), records);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a byte damaged on the disk costs its own line and nothing else', () => {
    const start = bytes.indexOf(10) + 1;
    const last = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    fc.assert(
      fc.property(fc.integer({ min: start, max: last - 2 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bad = Buffer.from(bytes);
        bad[at] ^= change;
        left(bad);
        const row = bytes.subarray(0, at).filter((b) => b === 10).length - 1;
        // A damaged line end joins two lines; a line end made in the middle parts one.
        const rows = bytes[at] === 10 ? [row, row + 1] : [row];
        const { asked, damaged } = finish(false);
        assert.deepEqual(asked, rows);
        assert.ok(damaged >= 1 || rows.includes(ROWS - 1));
        assert.deepEqual(contents(), records);
      }),
      { numRuns: 200, examples: [8, 7, 16, 17].map((i) => [start + i, 1] as [number, number]) },
    );
  });

  it('asks a failed question again, and the later record counts', () => {
    left(bytes.subarray(0, 0));
    const { row, question_id, img_id, image, image_bytes, gold, question, seconds } = kept(0);
    const asked = { row, question_id, img_id, image, image_bytes, gold, question, seconds };
    writeStart(place, header(), [{ ...asked, is: 'failed', error: 'no' }]);
    const reader = JournalReader.open(place);
    assert.equal(reader.kindOf(0), 'failed');
    reader.close();
    writeStart(place, header(), [kept(0)]);
    assert.deepEqual(contents(), [kept(0)]);
    mergeJournals(place, EXPERIMENT, true);
    assert.deepEqual(contents(), [kept(0)]);
  });

  it('refuses to mix results, and says what changed', () => {
    left(bytes);
    const { identity } = header();
    const changed: [Parameters<typeof header>[0], RegExp][] = [
      [{ checkpoint: 'x' }, /the checkpoint changed since/],
      [{ csv: 'x' }, /the CSV file changed since/],
      [{ device: 'cuda' }, /the device \(cpu, now cuda\) changed since/],
      [{ crossflow: '9.9.9' }, /Crossflow's version \(1\.2\.3, now 9\.9\.9\) changed since/],
      [
        { settings: { ...identity.settings, knockouts: ['Image->Last w3'], instruction: 'x' } },
        /"instruction", "knockouts" changed since/,
      ],
    ];
    for (const [change, pattern] of changed) {
      const [found] = headersOf(place);
      assert.throws(() => checkIdentity(place, found, header(change).identity), isUsage(pattern));
    }
    checkIdentity(place, headersOf(place)[0], identity);
    assert.throws(
      () => mergeJournals(place, { ...EXPERIMENT, instruction: 'x' }),
      isUsage(/"instruction" changed since/),
    );
    // A file of another run beside them is named, whoever put it there.
    writeStart(place, header({ csv: 'x' }), [kept(0)]);
    assert.throws(contents, isUsage(/1-of-1\.jsonl: holds results of another run than .*the CSV file changed/));
    assert.ok(readFileSync(first).equals(bytes));
  });

  it('begins anew after a power loss that left a size without data', () => {
    for (const size of [1, 700, 70_000]) {
      for (const merged of [false, true]) {
        left(Buffer.alloc(size), merged);
        assert.throws(() => JournalReader.open(place), isUsage(/no results yet/));
        assert.equal(finish().asked.length, ROWS);
        assert.ok(readFileSync(place.merged).equals(bytes));
      }
    }
  });

  it('leaves a file alone that is no journal', () => {
    for (const text of ['my notes\n', 'my notes', '{"crc":"00000000","header":{}}\n{"crc":"0"', '\n']) {
      left(Buffer.from(text), true);
      assert.throws(finish, isUsage(/is not a journal of Crossflow/));
      assert.equal(readFileSync(place.merged, 'utf8'), text);
    }
    rmSync(place.merged);
    assert.throws(() => JournalReader.open(place), isUsage(/no results yet/));
  });

  it('a whole line that holds no record is named, not read as one', () => {
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
      left(Buffer.concat([{ header: header() }, kept(0), { row, is, ...rest }].map(encodeLine)), true);
      const reader = JournalReader.open(place);
      assert.deepEqual(reader.record(0), kept(0));
      const refused = isUsage(/journal\.jsonl: the record of row 2 is none of this version/);
      assert.throws(() => reader.record(1), refused, JSON.stringify(change));
      assert.throws(() => [...reader.records()], refused);
      reader.close();
    }
  });

  it('gives its records in the order of the rows however they stand in it', () => {
    const random = seeded(3);
    const rows = 600;
    const base = header();
    const of = { ...base, about: { ...base.about, rows } };
    // Longer and shorter than what is read at once.
    const long = (row: number) =>
      kept(row, { question: 'é'.repeat(row % 50 === 0 ? 200_000 : Math.floor(3000 * random())) });
    const all = Array.from({ length: rows }, (_, row) => long(row));
    const shuffled = all.map((record) => ({ record, at: random() })).sort((a, b) => a.at - b.at);
    const lines = shuffled.map(({ record: { row, is, ...rest } }) => encodeLine({ row, is, ...rest }));
    left(Buffer.concat([encodeLine({ header: of }), ...lines]), true);
    assert.ok(isDeepStrictEqual(contents(), all));
    // The same over more files than are open at once.
    left(Buffer.alloc(0));
    for (let start = 1; start <= 100; start++) {
      const own = lines.slice(6 * (start - 1), 6 * start);
      writeFileSync(shardFile(place.journals, WHOLE, start), Buffer.concat([encodeLine({ header: of }), ...own]));
    }
    assert.ok(isDeepStrictEqual(contents(), all));
  });

  it('can be read while it is written, merged and tidied', () => {
    left(Buffer.alloc(0));
    const journal = new ShardJournal(place.journals, WHOLE, header());
    for (const record of records) {
      journal.append(record);
      assert.equal(contents().length, record.row + 1);
    }
    journal.close();
    const reader = JournalReader.open(place);
    mergeJournals(place, EXPERIMENT, true);
    assert.ok(!existsSync(place.journals));
    assert.deepEqual([...reader.records()], records);
    reader.close();
    assert.deepEqual(contents(), records);
  });
});
