import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { packWords } from '../../src/core/dataset/lens-words';
import { settingsOf } from '../../src/core/journal/identity';
import type { KeptRecord, RowRecord } from '../../src/core/journal/record';
import { placeIn } from '../../src/core/journal/place';
import { CrossflowError } from '../../src/core/errors';
import { knockoutId, type Experiment, type Knockout } from '../../src/core/experiment/types';
import { findResults } from '../../src/core/report/published/find';
import { parseKnockout, resultNames } from '../../src/core/report/published/names';
import type { ReadOptions } from '../../src/core/report/published/read';
import { runStatistics } from '../../src/core/report/statistics/run-statistics';
import { runFigures } from '../../src/core/report/figures/run-figures';
import { scoreTuple, wordTuple } from '../../src/core/report/tables/python';
import type { RunResults } from '../../src/core/report/run';
import { writeResults } from '../../src/core/report/write';
import { datasetStudy } from '../../src/core/study/dataset';
import { reportStudy } from '../../src/core/study/report';
import { header, kept, writeStart } from '../journal/records';
import { temporaryFolder } from '../support/temporary';

const knockouts: readonly Knockout[] = [
  { kind: 'edge', from: 'Question', to: 'Last', window: 3 },
  { kind: 'edge', from: 'Question', to: 'Last', window: 1, heads: [0, 2] },
  { kind: 'edge', from: 'Image Central Object', to: 'Question', window: 3 },
  { kind: 'mlp', of: 'Last', window: 3 },
];
/** The columns of the published scripts, in their order. */
const FLOW = 'question_id,image,goden answer,predicted answer,question,block_desc,layer,base_score_first,new_score_first,relative diff first'; // prettier-ignore
const LENS_PLAIN = 'question_id,image,goden answer,question,layer,top_k_word,top_k_score,Noncapitalized Answer,Capitalized Answer'; // prettier-ignore
const LENS_OPTIONS = 'question_id,image,goden answer,question,layer,top_k_word,top_k_score,Noncapitalized Answer,Noncapitalized False Option,Capitalized Answer,Capitalized False Option'; // prettier-ignore

const keptOf = (run: RunResults): KeptRecord[] => [...run.records()].filter((record) => record.is === 'kept');

describe('result tables', () => {
  const folder = temporaryFolder();
  const resultsOf = async (paths: readonly string[], options?: ReadOptions): Promise<readonly RunResults[]> => {
    const results = await findResults(paths, options);
    results.close();
    return results.runs;
  };

  /** A data set run of made-up results, as it lies on the disk. */
  const runIn = (name: string, records: readonly RowRecord[], change: Partial<Experiment> = {}): Experiment => {
    const experiment: Experiment = {
      file: '/x/y.flow.json',
      model: { kind: 'folder', path: '/m' },
      instruction: '',
      subject: { kind: 'dataset', csv: '/x/x_ChooseAttr.csv', images: '/x' },
      sets: {},
      knockouts,
      window: 3,
      output: folder.join(name),
      method: 'fork',
      ...change,
    };
    mkdirSync(experiment.output);
    const base = header({ settings: settingsOf(experiment) });
    const of = { ...base, about: { ...base.about, knockouts: [...experiment.knockouts] } };
    writeStart(placeIn(experiment.output), of, records);
    return experiment;
  };
  const some = (row: number): KeptRecord =>
    kept(row, {
      base: 0.8123457 - row / 100,
      curves: [[0.4, 0.2 + row / 100, 0.8], [0.5, 0.5, 0.6123], row === 1 ? null : [0.7, 0.1, 0.3], [1e-9, 0.25, 0.5]],
    });

  it('are found behind links, each once', async function () {
    if (process.platform === 'win32') this.skip();
    const { output } = runIn('elsewhere', [some(0)]);
    mkdirSync(folder.join('linked'));
    symlinkSync(output, folder.join('linked', 'model'));
    symlinkSync(folder.path, folder.join('linked', 'model', 'above'));
    symlinkSync(folder.join('linked'), folder.join('linked', 'itself'));
    const runs = await resultsOf([folder.join('linked')]);
    assert.equal(runs.length, 1);
  });

  it('are found where a run was killed, alone or in a study, before anything was merged', async () => {
    const { output } = runIn('killed', [some(0)]);
    assert.ok(!readdirSync(output).includes('journal.jsonl'));
    const study = folder.join('killed study');
    cpSync(path.join(output, 'journal'), path.join(study, 'journal', 'm-ChooseAttr'), { recursive: true });
    for (const place of [output, study]) {
      const found = await findResults([place]);
      assert.deepEqual(found.runs.map((run) => keptOf(run).length), [1], place); // prettier-ignore
      found.close();
    }
    // Merged and gone on: one run, with what stands in either.
    cpSync(path.join(output, 'journal', '1-of-1.jsonl'), path.join(study, 'm-ChooseAttr', 'journal.jsonl'));
    const found = await findResults([study]);
    assert.equal(found.runs.length, 1);
    found.close();
  });

  it('give the figures of the journal they were made from', async () => {
    const experiment = runIn('round', [0, 1, 2, 3].map(some));
    await reportStudy(datasetStudy(experiment), { make: ['tables'] });
    // The tables alone, without the journal.
    const copy = folder.join('copy');
    mkdirSync(copy);
    for (const name of ['information_flow.csv', 'last_position_answer_probs.csv', 'run.json'])
      cpSync(path.join(experiment.output, name), path.join(copy, name));
    const [fromTables] = await resultsOf([copy]);
    const results = await findResults([experiment.output]);
    const [fromJournal] = results.runs;
    assert.deepEqual([fromTables.model, fromTables.task], [fromJournal.model, fromJournal.task]);
    assert.deepEqual(fromTables.header.about.knockouts, fromJournal.header.about.knockouts);
    assert.equal(fromTables.header.about.model.layers, fromJournal.header.about.model.layers);
    const [a, b] = [keptOf(fromTables), keptOf(fromJournal)];
    assert.deepEqual(a.map((r) => [r.question_id, r.question, r.gold, r.base, r.curves]), b.map((r) => [r.question_id, r.question, r.gold, r.base, r.curves])); // prettier-ignore
    const [tables, journal] = [fromTables, fromJournal].map(({ header }, i) =>
      runFigures(header, runStatistics(header, [a, b][i])),
    );
    results.close();
    assert.deepEqual(tables.map((figure) => figure.name), journal.map((figure) => figure.name)); // prettier-ignore
    tables.forEach(({ name, data }, i) => {
      const other = journal[i].data;
      if (!name.startsWith('last_position')) return assert.deepEqual(data, other);
      // Percent of the lens were rounded to float32 once more.
      assert.deepEqual(data.curves.map((c) => c.label), other.curves.map((c) => c.label)); // prettier-ignore
      data.curves.forEach(({ points }, c) => {
        assert.equal(points.length, other.curves[c].points.length);
        points.forEach(({ mean, low }, p) => {
          const there = other.curves[c].points[p];
          assert.ok(
            Math.abs(mean - there.mean) < 1e-5 && Math.abs(low! - there.low!) < 1e-5,
            `${name} ${mean} ${there.mean}`,
          );
        });
      });
    });
    const twice = await findResults([copy, experiment.output]);
    twice.close();
    assert.deepEqual(twice.runs.map((run) => [run.model, run.header.about.model.name]), [['m', 'm'], ['m (2)', 'm (2)']]); // prettier-ignore
  });

  /** What the published scripts leave behind for one task and model. */
  const publishedIn = (name: string): string => {
    const output = folder.join(name, 'output');
    const edges = ['Question->Last', 'Image Central Object->Question'];
    edges.forEach((edge, e) => {
      const save = edge.replaceAll(' ', '_').replace('->', '___');
      const place = path.join(output, 'information_flow/llava_v1_5_7b/ChooseAttr/val', save);
      mkdirSync(place, { recursive: true });
      const rows = [0, 1].flatMap((q) =>
        [0, 1, 2].map((layer) => {
          // Half precision: the second edge's own clean run is a little off.
          const base = 0.75 + q / 10 + e / 1000;
          const score = base * (0.25 + layer / 4);
          return [`0${q}`, 23 + q, 'red', 'red', 'Is it "red",\nor blue?', edge, layer, base, score, ((score - base) * 100) / base]; // prettier-ignore
        }),
      );
      writeFileSync(
        path.join(place, `GQA_val_correct_question_with_choose_ChooseAttr_window9_${save}.csv`),
        stringify([FLOW.split(','), ...rows]),
      );
    });
    const place = path.join(output, 'last_position_answer_probs/llava_v1_5_7b/ChooseAttr/val');
    mkdirSync(place, { recursive: true });
    const lens = [0, 1].flatMap((q) =>
      [0, 1, 2, 3].map((layer) => [
        ...[`0${q}`, 23 + q, 'red', 'Is it "red",\nor blue?', layer],
        ...[`('red', "it's", ',')`, '(0.5, 0.25, 1e-05)', 10 * layer, layer, 20 * layer, 0.5],
      ]),
    );
    writeFileSync(
      path.join(place, 'GQA_val_correct_question_with_choose_ChooseAttr.csv'),
      stringify([LENS_OPTIONS.split(','), ...lens]),
    );
    // What else lies about is let be.
    writeFileSync(path.join(output, 'notes.csv'), 'a,b\n1,2\n');
    writeFileSync(path.join(output, 'empty.csv'), '');
    return output;
  };

  it('of the published scripts become one run, its edges and lens together', async () => {
    const output = publishedIn('published');
    const runs = await resultsOf([output]);
    assert.deepEqual(runs.map((run) => [run.model, run.task]), [['llava_v1_5_7b', 'ChooseAttr']]); // prettier-ignore
    const [run] = runs;
    assert.deepEqual(run.header.about.knockouts.map(knockoutId).sort(), ['Image Central Object->Question w9', 'Question->Last w9']); // prettier-ignore
    assert.deepEqual([run.header.about.model.layers, run.header.about.rows], [3, 2]);
    const records = keptOf(run);
    assert.equal(records[0].question, 'Is it "red",\nor blue?');
    for (const { base, curves, lens } of records) {
      for (const curve of curves) {
        curve!.forEach((score, layer) => assert.ok(Math.abs(score / base - (0.25 + layer / 4)) < 1e-12));
      }
      assert.equal(lens.words.length, 4);
      assert.deepEqual(lens.without_norm.map((rows) => rows[3]), [0.3, 0.6, 0.03, 0.005]); // prettier-ignore
      assert.deepEqual(lens.with_norm, [[], [], [], []]);
    }
    const named = await resultsOf([`old=${output}`]);
    assert.equal(named[0].model, 'old');
    assert.equal(named[0].header.about.model.name, 'old');
  });

  it('stand beside a run of one’s own in figures and report', async () => {
    const one: Knockout[] = [{ kind: 'edge', from: 'Question', to: 'Last', window: 9 }];
    const records = [0, 1, 2].map((row) => ({ ...some(row), curves: [[0.4, 0.3, 0.8]], lens: { words: [], without_norm: [], with_norm: [] } })); // prettier-ignore
    const experiment = runIn('mine', records, { knockouts: one });
    const flow = path.join(
      publishedIn('published-too'),
      'information_flow/llava_v1_5_7b/ChooseAttr/val/Question___Last',
    );
    const found = await findResults([flow, `mine=${experiment.output}`]);
    const out = folder.join('beside');
    await writeResults(found.runs, out, { make: ['figures', 'report'] });
    found.close();
    const drawn = readdirSync(path.join(out, 'figures/ChooseAttr'));
    assert.ok(
      ['llava_v1_5_7b', 'mine', 'models_Question_to_Last.svg'].every((name) => drawn.includes(name)),
      drawn.join(),
    );
    const markdown = readFileSync(path.join(out, 'report.md'), 'utf8');
    assert.match(markdown, /\| ChooseAttr \| llava\\_v1\\_5\\_7b \| 2 \| 2 \| 0 \|/);
    assert.match(markdown, /\| ChooseAttr \| mine \| 3 \|/);
    assert.match(markdown, /!\[[^\]]*\]\(<\.\/figures\/ChooseAttr\/llava_v1_5_7b\/information_flow\.png>\)/);
    assert.match(markdown, /2 right answers read from tables, which hold no others\./);
    assert.match(markdown, /## Comparison\s[^]*models_Question_to_Last\.png/);
    const html = readFileSync(path.join(out, 'report.html'), 'utf8');
    assert.ok(html.includes('href="./figures/ChooseAttr/models_Question_to_Last.pdf"'));
  });

  it('assume the published window where none is told, and say so', async () => {
    const bare = folder.join('bare');
    mkdirSync(bare);
    const row = '1,23,red,red,Is it?,Question->Last,0,0.5,0.25,-50';
    writeFileSync(path.join(bare, 'information_flow.csv'), `${FLOW}\n${row}\n`);
    const said: string[] = [];
    const [run] = await resultsOf([bare], { warn: (message) => said.push(message) });
    assert.deepEqual(run.header.about.knockouts.map(knockoutId), ['Question->Last w9']);
    assert.equal(said.length, 1);
    assert.match(said[0], /9 layers are assumed/);
    const [told] = await resultsOf([path.join(bare, 'information_flow.csv')], {
      window: 5,
      warn: (message) => assert.fail(message),
    });
    assert.deepEqual(told.header.about.knockouts.map(knockoutId), ['Question->Last w5']);
  });

  it('say file and line of what is wrong', async () => {
    const good = '1,23,red,red,Is it?,Question->Last,0,0.5,0.25,-50';
    const cases: [string, RegExp][] = [
      [`${FLOW}\n${good}\n${good}\n`, /bad\.csv:3: question 1, Question->Last, layer 0 is there twice/],
      [`${FLOW}\n${good}\n1,23\n`, /bad\.csv:3: has 2 fields where the header has 10/],
      [`${FLOW}\n${good.replace(',0,0.5', ',x,0.5')}\n`, /bad\.csv:2: "layer" is "x"/],
      [`${FLOW}\n${good.replace(',0,0.5', ',-1,0.5')}\n`, /bad\.csv:2: "layer" is "-1"/],
      [`${FLOW}\n${good.replace(',0,0.5', ',1e9,0.5')}\n`, /bad\.csv:2: "layer" is "1e9"/],
      [`${FLOW}\n${good.replace(',0,0.5', ',0,0')}\n`, /bad\.csv:2: "base_score_first" is "0"/],
      [`${FLOW}\n${good.replace('0.25', 'nan')}\n`, /bad\.csv:2: "new_score_first" is "nan"/],
      [`${FLOW}\n${good.replace('Question->Last', 'Last')}\n`, /bad\.csv:2: "block_desc" is "Last" \(Source->Target\)/],
      [`${FLOW}\n${good}\n1,"23`, /bad\.csv:\d: .*[Qq]uote/],
      ['a,b\n1,2\n', /bad\.csv: is no table of results/],
    ];
    const file = folder.join('bad.csv');
    for (const [text, message] of cases) {
      writeFileSync(file, text);
      await assert.rejects(
        resultsOf([file]),
        (e: unknown) => e instanceof CrossflowError && e.kind === 'usage' && (assert.match(e.line, message), true),
      );
    }
    await assert.rejects(resultsOf([folder.join('nowhere')]), /does not exist/);
    mkdirSync(folder.join('hollow'));
    await assert.rejects(resultsOf([folder.join('hollow')]), /holds no results/);
  });

  it('leave out a curve that was cut off', async () => {
    const file = folder.join('x_window3_Question___Last.csv');
    const row = (q: number, layer: number) => `${q},23,red,red,Is it?,Question->Last,${layer},0.5,0.25,-50`;
    writeFileSync(file, [FLOW, row(1, 0), row(1, 1), row(2, 0), ''].join('\n'));
    const [run] = await resultsOf([file]);
    assert.deepEqual(keptOf(run).map((r) => r.curves), [[[0.25, 0.25]], [null]]); // prettier-ignore
  });

  it('are told by their names', () => {
    const at = (file: string) => resultNames(path.join('/data', ...file.split('/')));
    assert.deepEqual(
      at('output/information_flow/m_1/QueryAttr/val/Image___Last_noHD_noPad/GQA_val_correct_question_with_positionQuery_QueryAttr_window5_Image___Last_noHD_noPad.csv'),
      { model: 'm_1', task: 'QueryAttr', window: 5, variant: 'noHD_noPad' },
    ); // prettier-ignore
    assert.deepEqual(at('x/GQA_val_correct_question_with_twoCommon_CompareAttr.csv'), { task: 'CompareAttr' });
    for (const knockout of knockouts) assert.deepEqual(parseKnockout(knockoutId(knockout)), knockout);
    assert.deepEqual(parseKnockout('Image Objects->last', 4), { kind: 'edge', from: 'Image Central Object', to: 'Last', window: 4 }); // prettier-ignore
    for (const nothing of ['', 'Last', 'a->b->c', '->b', 'mlp:']) assert.equal(parseKnockout(nothing), undefined);
  });

  it('are written with the best words as the published script writes them', async () => {
    // repr() of Python 3.11 and numpy 1.26:
    // repr(("it's", 'say "x"', '''both ' and "''', 'a\\b\n\t', '\x15\u202e\xa0é日😀', ''))
    assert.equal(
      wordTuple(["it's", 'say "x"', 'both \' and "', 'a\\b\n\t', '\x15\u202e\xa0é日😀', '']),
      `("it's", 'say "x"', 'both \\' and "', 'a\\\\b\\n\\t', '\\x15\\u202e\\xa0é日😀', '')`,
    );
    // repr(tuple(numpy.float32(x) for x in (1, 0.5, 1e-4, 0.00012, 1.5e-5, 3e-12, 0)))
    assert.equal(
      scoreTuple([1, 0.5, 1e-4, 0.00012, 1.5e-5, 3e-12, 0]),
      '(1.0, 0.5, 1e-04, 0.00012, 1.5e-05, 3e-12, 0.0)',
    );
    assert.equal(wordTuple(['a']), "('a',)");
    const words = (layer: number) => [
      { text: 'Red', probability: 0.5 + layer / 10 },
      { text: `w${layer}`, probability: 1e-5 },
    ];
    const record = some(0);
    const experiment = runIn(
      'best',
      [{ ...record, lens: { ...record.lens, best: packWords([0, 1, 2, 3].map(words)) } }],
      { topWords: 2 },
    );
    await reportStudy(datasetStudy(experiment), { make: ['tables'] });
    const text = readFileSync(path.join(experiment.output, 'last_position_answer_probs.csv'), 'utf8');
    assert.ok(text.startsWith(`${LENS_OPTIONS},predicted answer,`));
    const rows = parse(text, { columns: true }) as unknown as Record<string, string>[];
    assert.deepEqual(
      rows.map((row) => [row['top_k_word'], row['top_k_score']]),
      [0, 1, 2, 3].map((layer) => [`('Red', 'w${layer}')`, `(${Math.fround(0.5 + layer / 10) === 0.5 ? '0.5' : `0.${5 + layer}`}, 1e-05)`]), // prettier-ignore
    );
    assert.ok(LENS_PLAIN.split(',').every((column) => column in rows[0]));
  });

  it('hold each text of the best words once', () => {
    const word = fc.record({ text: fc.string(), probability: fc.float({ min: 0, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(fc.array(word, { maxLength: 5 }), { maxLength: 5 }), (rows) => {
        const { texts, words, scores } = packWords(rows);
        assert.equal(new Set(texts).size, texts.length);
        assert.deepEqual(words.map((row) => row.map((w) => texts[w])), rows.map((row) => row.map((w) => w.text))); // prettier-ignore
        assert.deepEqual(scores.map((row) => row.map(Math.fround)), rows.map((row) => row.map((w) => w.probability))); // prettier-ignore
      }),
    );
  });
});
