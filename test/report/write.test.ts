import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'csv-parse/sync';
import { settingsOf } from '../../src/core/journal/identity';
import type { RowRecord } from '../../src/core/journal/record';
import { placeIn } from '../../src/core/journal/place';
import { CrossflowError } from '../../src/core/errors';
import { besidePath } from '../../src/core/files/beside';
import type { Experiment } from '../../src/core/experiment/types';
import { FLOW_COLUMNS } from '../../src/core/report/tables/tables';
import { datasetStudy } from '../../src/core/study/dataset';
import { reportStudy } from '../../src/core/study/report';
import { encodeLine } from '../../src/core/journal/lines';
import { writeResults, type Made, type OwnResults } from '../../src/core/report/write';
import { header, kept, writeStart } from '../journal/records';
import { temporaryFolder } from '../support/temporary';

const knockouts = [
  { kind: 'edge', from: 'Question', to: 'Last', window: 3 },
  { kind: 'edge', from: 'Image Central Object', to: 'Question', window: 3 },
] as const;

describe('reports', () => {
  const folder = temporaryFolder();
  const experimentIn = (output: string): Experiment => ({
    file: '/x/y.flow.json',
    model: { kind: 'folder', path: '/m' },
    instruction: '',
    subject: { kind: 'dataset', csv: '/x/x_ChooseAttr.csv', images: '/x' },
    sets: {},
    knockouts,
    window: 3,
    track: ['zebra'],
    output,
    method: 'fork',
  });
  const written = (name: string, records: readonly RowRecord[]): Experiment => {
    const experiment = experimentIn(folder.join(name));
    mkdirSync(experiment.output);
    const base = header({ settings: settingsOf(experiment) });
    const place = placeIn(experiment.output);
    if (records.length > 0) {
      writeStart(place, { ...base, about: { ...base.about, knockouts: [...knockouts] } }, records);
    } else {
      // As a run that had nothing to ask: a start makes its file with its first result.
      writeFileSync(place.merged, encodeLine({ header: { ...base, about: { ...base.about, knockouts: [...knockouts] } } })); // prettier-ignore
    }
    return experiment;
  };
  const make = async (experiment: Experiment, what?: readonly Made[]) => {
    const { files, summaries } = await reportStudy(datasetStudy(experiment), { ...(what && { make: what }) });
    return { files, summary: summaries[0] };
  };
  const two = (row: number, second: number[] | null): RowRecord => kept(row, { curves: [[0.4, 0.2, 0.8], second] });
  const table = (experiment: Experiment, name: string): Record<string, string>[] =>
    parse(readFileSync(path.join(experiment.output, name)), { columns: true }) as unknown as Record<string, string>[];

  it('writes information_flow.csv with exactly the published columns', async () => {
    const experiment = written('flow', [two(1, null), two(0, [0.8, 0.8, 0.6])]);
    await make(experiment, ['tables']);
    const text = readFileSync(path.join(experiment.output, 'information_flow.csv'), 'utf8');
    assert.equal(
      text.split('\n')[0],
      'question_id,image,goden answer,predicted answer,question,block_desc,layer,base_score_first,new_score_first,relative diff first',
    );
    assert.equal(text.split('\n')[0], FLOW_COLUMNS.join(','));
    const rows = table(experiment, 'information_flow.csv');
    // Two edges for the first question, one for the second, whose object is absent.
    assert.deepEqual(
      rows.map((r) => `${r['question_id']} ${r['block_desc']} ${r['layer']}`),
      [
        ...[0, 1, 2].map((l) => `000000 Question->Last ${l}`),
        ...[0, 1, 2].map((l) => `000000 Image Central Object->Question ${l}`),
        ...[0, 1, 2].map((l) => `000001 Question->Last ${l}`),
      ],
    );
    assert.equal(rows[0]['question'], 'Is it "red", or\nblue — größer?');
    assert.deepEqual([rows[0]['image'], rows[0]['goden answer']], ['23.jpg', 'red']);
    assert.ok(Math.abs(Number(rows[0]['relative diff first']) + 50) < 1e-12);
  });

  it('writes the lens in percent, without and with the final norm, and what a question lacks as empty', async () => {
    const yes = kept(1, {
      gold: 'yes', answer: 'yes', options: undefined,
      curves: [[1, 1, 1], null],
      lens: { words: ['yes', 'Yes', 'zebra'], without_norm: [[0, 0, 0, 0.5], [0, 0, 0, 0.25], [0, 0, 0, 0.1]], with_norm: [[0, 0, 0, 0.5], [0, 0, 0, 0.25], [0, 0, 0, 0.2]] },
    }); // prettier-ignore
    const experiment = written('lens', [two(0, null), yes]);
    await make(experiment, ['tables']);
    const rows = table(experiment, 'last_position_answer_probs.csv');
    assert.equal(rows.length, 2 * 4);
    const last = rows[7];
    assert.deepEqual(
      [last['layer'], last['Noncapitalized Answer'], last['Capitalized Answer'], last['Noncapitalized False Option']],
      ['3', '50', '25', ''],
    );
    assert.deepEqual([last['without_norm zebra'], last['with_norm zebra']], ['10', '20']);
    assert.deepEqual([rows[3]['Capitalized Answer'], rows[3]['with_norm Noncapitalized False Option']], ['80', '0']);
  });

  it('draws figures of all edges and per target, with the numbers behind each', async () => {
    const records = [0, 1, 2].map((row) => two(row, row === 0 ? null : [0.8, 0.4 + row / 10, 0.6]));
    const experiment = written('figures', records);
    const { files, summary } = await make(experiment);
    const names = [
      'information_flow',
      'information_flow_to_Last',
      'information_flow_to_Question',
      'last_position_answer_probs',
      'last_position_answer_probs_with_norm',
    ];
    const pictures = names.flatMap((name) => [name, `${name}_without_legend`, `legend_${name}`]);
    const wanted = [
      ...names.map((name) => `${name}.csv`),
      ...pictures.flatMap((name) => ['pdf', 'png', 'svg'].map((type) => `${name}.${type}`)),
    ];
    assert.deepEqual(readdirSync(path.join(experiment.output, 'figures')).sort(), wanted.sort());
    assert.equal(files.length, wanted.length + 5);
    const numbers = table(experiment, 'figures/information_flow.csv');
    const related = numbers.filter((r) => r['curve'] === 'Related Image Patches↛Question');
    assert.deepEqual(related.map((r) => [r['layer'], r['questions']]), [['0', '2'], ['1', '2'], ['2', '2']]); // prettier-ignore
    // Scores 0.5 and 0.6 of 0.8: -37.5 and -25 percent.
    assert.ok(Math.abs(Number(related[1]['mean']) + 31.25) < 1e-9);
    assert.match(
      readFileSync(path.join(experiment.output, 'figures/information_flow.svg'), 'utf8'),
      /2–3 questions; window 3/,
    );
    assert.deepEqual(summary.knockouts.map((k) => k.questions), [3, 2]); // prettier-ignore
    assert.deepEqual(JSON.parse(readFileSync(path.join(experiment.output, 'run.json'), 'utf8')), summary);
    assert.deepEqual([summary.complete, summary.questions.asked, summary.dataset.rows], [false, 3, 8]);
    assert.deepEqual(readdirSync(experiment.output).filter((name) => name.endsWith('.part')), []); // prettier-ignore
  });

  it('reads each question once for tables, statistics, lists and report, and again only the outliers it shows', async () => {
    const { output } = written('once', []);
    const records = Array.from({ length: 40 }, (_, row) => kept(row, { curves: [[0.4, row / 100, 0.8], [0.8, 0.8, 0.6]] })); // prettier-ignore
    const base = header();
    const read: number[] = [];
    const again: number[] = [];
    const run: OwnResults = {
      model: 'm',
      task: 'ChooseAttr',
      header: { ...base, about: { ...base.about, knockouts: [...knockouts] } },
      *records() {
        for (const record of records) {
          read.push(record.row);
          yield record;
        }
      },
      record: (row) => (again.push(row), records[row]),
      own: { experiment: experimentIn(output), folder: '', damaged: 0 },
    };
    const { findings } = await writeResults([run], output, { make: ['tables', 'report'] });
    assert.deepEqual(read, records.map(({ row }) => row)); // prettier-ignore
    assert.deepEqual(again, findings[0].outliers.map(({ record }) => record.row)); // prettier-ignore
    assert.deepEqual([again.length, findings[0].kept], [10, 40]);
  });

  it('writes tables with a header alone when no answer was right', async () => {
    const { files } = await make(written('none', []));
    assert.deepEqual(files.map((f) => path.basename(f)), ['information_flow.csv', 'last_position_answer_probs.csv', 'run.json', 'report.html', 'report.md']); // prettier-ignore
  });

  it('says so when nothing was run yet', async () => {
    await assert.rejects(
      make(experimentIn(folder.join('nowhere'))),
      (e: unknown) =>
        e instanceof CrossflowError && e.kind === 'usage' && /no results yet \(run the experiment first\)/.test(e.line),
    );
  });

  it('leaves the old file whole when a new one cannot be written', async () => {
    const experiment = written('blocked', [two(0, null)]);
    await make(experiment, ['tables']);
    const flow = path.join(experiment.output, 'information_flow.csv');
    const old = readFileSync(flow);
    // A folder in the way of the file beside, as a full disk would be.
    mkdirSync(besidePath(flow));
    writeFileSync(path.join(besidePath(flow), 'x'), '');
    await assert.rejects(
      make(experiment, ['tables']),
      (e: unknown) => e instanceof CrossflowError && e.kind === 'failed',
    );
    assert.ok(readFileSync(flow).equals(old));
  });
});
