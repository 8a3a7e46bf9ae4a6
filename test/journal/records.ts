/** Made-up journal content for tests that need no model. */
import { JOURNAL_FORMAT } from '../../src/core/journal/identity';
import type { Experiment } from '../../src/core/experiment/types';
import { WHOLE, type Place } from '../../src/core/journal/place';
import type { JournalHeader, KeptRecord, RowRecord } from '../../src/core/journal/record';
import { ShardJournal } from '../../src/core/journal/shard-journal';

export function header(change: Partial<JournalHeader['identity']> = {}): JournalHeader {
  return {
    identity: {
      format: JOURNAL_FORMAT,
      crossflow: '1.2.3',
      checkpoint: 'c'.repeat(64),
      csv: 'd'.repeat(64),
      device: 'cpu',
      settings: {
        template: 'vicuna_v1', aspect: null, instruction: '', sets: '[]', knockouts: ['Question->Last w3'], track: [], topWords: 0, method: 'fork',
      },
      ...change,
    },
    about: {
      started: '2025-01-01T00:00:00.000Z',
      model: { name: 'm', family: 'llava', layers: 3, heads: 1, hidden: 4, dtype: 'f32', parameters: 1 },
      csv: 'x_ChooseAttr.csv',
      rows: 8,
      task: 'ChooseAttr',
      knockouts: [{ kind: 'edge', from: 'Question', to: 'Last', window: 3 }],
    },
  }; // prettier-ignore
}

export function kept(row: number, change: Partial<KeptRecord> = {}): KeptRecord {
  return {
    row,
    is: 'kept',
    question_id: String(row).padStart(6, '0'),
    img_id: '23',
    image: '23.jpg',
    image_bytes: 10,
    gold: 'red',
    question: 'Is it "red", or\nblue — größer?',
    options: ['red', 'blue'],
    seconds: 0.1,
    answer: 'red',
    base: 0.8,
    curves: [[0.4, 0.2 + row / 100, 0.8]],
    lens: {
      words: ['red', 'Red', 'blue', 'Blue'],
      without_norm: [[0, 0.1, 0.2, 0.3], [0, 0.1, 0.2, 0.8], [0, 0, 0, 0], [0, 0, 0, 1e-8]],
      with_norm: [[0, 0.1, 0.2, 0.3], [0, 0.1, 0.2, 0.8], [0, 0, 0, 0], [0, 0, 0, 1e-8]],
    },
    ...change,
  }; // prettier-ignore
}

/** The experiment whose settings header() has. */
export const EXPERIMENT: Experiment = {
  file: '/x/y.flow.json',
  model: { kind: 'folder', path: '/m' },
  template: 'vicuna_v1',
  instruction: '',
  subject: { kind: 'dataset', csv: '/x/x_ChooseAttr.csv', images: '/x' },
  sets: {},
  knockouts: [{ kind: 'edge', from: 'Question', to: 'Last', window: 3 }],
  window: 3,
  output: '/x/results',
  method: 'fork',
};

/** One start of a run that had these results. */
export function writeStart({ journals }: Place, of: JournalHeader, records: Iterable<RowRecord>): void {
  const journal = new ShardJournal(journals, WHOLE, of);
  try {
    for (const record of records) journal.append(record);
  } finally {
    journal.close();
  }
}
