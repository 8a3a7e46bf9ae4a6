import assert from 'node:assert/strict';
import { join } from 'node:path';
import { repositoryRoot } from '../support/golden';
import { type Entry, parseHistory, readHistory, slower } from './history';

const entry = (forked: number, click = 0.5, subject = 'synthetic'): Entry => ({
  date: '2026-11-27',
  commit: 'abc1234',
  machine: 'two cores',
  subjects: { [subject]: { cleanSeconds: 1, forked, click, full: 70, memory: 1 } },
});

describe('bench history', () => {
  it('names a ratio that grew by more than a tenth, against the last entry of that model', () => {
    const history = [entry(1), entry(1.5), entry(9, 9, 'embedded')];
    assert.deepEqual(slower(history, entry(1.64)), []);
    assert.deepEqual(slower(history, entry(1.7)), ['synthetic: forked is 1.70, 13 % above the 1.50 of abc1234']);
    assert.deepEqual(slower(history, entry(0.1, 0.6)), ['synthetic: click is 0.60, 20 % above the 0.50 of abc1234']);
  });

  it('compares nothing with a model that was never measured', () => {
    assert.deepEqual(slower([entry(1)], entry(5, 5, 'other')), []);
  });

  it('names the line that is no entry', () => {
    assert.throws(() => parseHistory(`${JSON.stringify(entry(1))}\n{"date":"x"}\n`), /history\.jsonl:2/);
  });

  it('reads the history that is kept', () => {
    assert.ok(readHistory(join(repositoryRoot, 'bench/history.jsonl')).length > 0);
  });
});
