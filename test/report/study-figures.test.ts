import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { KeptRecord } from '../../src/core/journal/record';
import { CrossflowError } from '../../src/core/errors';
import type { Knockout } from '../../src/core/experiment/types';
import { isMarked } from '../../src/core/report/figures/line-figure';
import { safeName, safeNames } from '../../src/core/files/names';
import { modelFigures } from '../../src/core/report/figures/compare-models';
import { placesOf } from '../../src/core/report/figures/places';
import { renderSvg } from '../../src/core/report/figures/render';
import { runStatistics } from '../../src/core/report/statistics/run-statistics';
import { runFigures } from '../../src/core/report/figures/run-figures';
import type { RunResults } from '../../src/core/report/run';
import { figureTable } from '../../src/core/report/tables/tables';
import { writeResults } from '../../src/core/report/write';
import { header, kept } from '../journal/records';
import { temporaryFolder } from '../support/temporary';

const edge = (from: string, to: string, window: number): Knockout => ({ kind: 'edge', from, to, window });

/** Twelve questions; all drop at layer 1 for the first knockout, and half of them for the others. */
function run(model: string, task: string, layers: number, knockouts: readonly Knockout[], questions = 12): RunResults {
  const base = header();
  const records = Array.from({ length: questions }, (_, row): KeptRecord => {
    const curve = (k: number) =>
      Array.from({ length: layers }, (_x, l) => (l === 1 && (k === 0 || row % 2) ? 0.2 + row / 100 + k / 1000 : 0.8));
    const rows = Array.from({ length: layers + 1 }, (_x, l) => l / (layers + 1));
    const lens = { words: ['red', 'Red', 'blue', 'Blue'], without_norm: [rows, rows, rows, rows], with_norm: [rows, rows, rows, rows] }; // prettier-ignore
    return kept(row, { curves: knockouts.map((_k, k) => (row === 3 && k === 1 ? null : curve(k))), lens });
  });
  return {
    model,
    task,
    header: { ...base, about: { ...base.about, task, knockouts: [...knockouts], model: { ...base.about.model, name: model, layers } } }, // prettier-ignore
    records: () => records,
    record: (row) => records[row],
  };
}
const two = [edge('Question', 'Last', 9), edge('Image', 'Question', 9)];
const figuresOf = ({ header, ...of }: RunResults, options = {}) =>
  runFigures(header, runStatistics(header, of.records() as Iterable<KeptRecord>, options), options);
const rowsOf = (text: string): Record<string, string>[] => parse(text, { columns: true }) as unknown as Record<string, string>[]; // prettier-ignore

describe('figures of a study', () => {
  const folder = temporaryFolder();

  it('writes those of each run and those that compare models, below safe names', async () => {
    const out = folder.join('study/figures');
    // One target and no lens: fewer figures, as much to see.
    const edges = [edge('Question', 'Last', 9), edge('Image', 'Last', 9)];
    const runs = [run('org/model:a', 'ChooseAttr', 4, edges), run('../model', 'ChooseAttr', 6, edges), run('alone', '..', 3, [])]; // prettier-ignore
    for (const one of runs) for (const r of one.records() as KeptRecord[]) r.lens.words.length = 0;
    const seen: string[] = [];
    const { files } = await writeResults(runs, folder.join('study'), {
      make: ['figures', 'report'],
      onProgress: (what, done, total) => seen.push(`${what} ${done}/${total}`),
    });
    assert.deepEqual(seen, [...[0, 1, 2, 3, 4, 5].map((done) => `figures ${done}/5`), 'report 0/1']);
    const listed = readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    assert.deepEqual(files.filter((file) => !/report\.\w+$/.test(file)).sort(), listed.sort());
    const report = readFileSync(folder.join('study/report.md'), 'utf8');
    const headings = [...report.matchAll(/^\*\*(.*)\*\*$/gm)].map(([, heading]) => heading.replaceAll('\\', ''));
    assert.deepEqual(headings, ['ChooseAttr: Models: Question↛Last', 'ChooseAttr: Models: Image↛Last', 'All knockouts', 'All knockouts']); // prettier-ignore
    assert.deepEqual(readdirSync(path.join(out, 'ChooseAttr')).filter((n) => !n.includes('.')), ['__model', 'org_model_a']); // prettier-ignore
    const compared = readdirSync(path.join(out, 'ChooseAttr')).filter((name) => name.startsWith('models_') && name.endsWith('.csv')); // prettier-ignore
    assert.deepEqual(compared.sort(), ['models_Image_to_Last.csv', 'models_Question_to_Last.csv']);
    const numbers = rowsOf(readFileSync(path.join(out, 'ChooseAttr/models_Question_to_Last.csv'), 'utf8'));
    assert.deepEqual(
      numbers.map((r) => [r['curve'], r['layer'], Number(r['depth']).toFixed(3)].join(' ')),
      [
        ...[0, 1, 2, 3].map((l) => `org/model:a ${l} ${(l / 3).toFixed(3)}`),
        ...[0, 1, 2, 3, 4, 5].map((l) => `../model ${l} ${(l / 5).toFixed(3)}`),
      ],
    );
    const svg = readFileSync(path.join(out, 'ChooseAttr/models_Question_to_Last.svg'), 'utf8');
    for (const text of ['org/model:a', '../model', 'Centre layer, relative depth', 'Question↛Last: ChooseAttr']) assert.ok(svg.includes(`>${text}<`), text); // prettier-ignore
    for (const name of ['information_flow_without_legend', 'legend_information_flow'])
      for (const type of ['svg', 'pdf', 'png']) assert.ok(listed.includes(path.join(out, 'ChooseAttr/__model', `${name}.${type}`))); // prettier-ignore
  });

  it('stops when it is told to, and says what cannot be written', async () => {
    const signal = AbortSignal.abort();
    const stopped = (e: unknown) => e instanceof CrossflowError && e.kind === 'cancelled';
    await assert.rejects(writeResults([run('m', 'T', 3, two)], folder.join('stopped'), { signal }), stopped);
  });

  it('two runs of one model and task are told apart, everywhere', () => {
    const runs = [run('m', 'T', 3, two), run('m', 'T', 3, two)];
    const [task] = placesOf(runs);
    assert.deepEqual([...task.runs, task].map((f) => f.folder), ['T/m', 'T/m_2', 'T']); // prettier-ignore
    const results = task.runs.map(({ run: one, label, place }) => {
      const statistics = runStatistics(one.header, one.records() as Iterable<KeptRecord>);
      return { label, place, layers: 3, knockouts: two, statistics };
    });
    const { curves } = modelFigures('T', results)[0].data;
    assert.deepEqual(curves.map((c) => c.label), ['m', 'm (2)']); // prettier-ignore
    assert.notEqual(curves[0].colour + curves[0].dash.join(), curves[1].colour + curves[1].dash.join());
  });

  it('tables have both intervals and the test; what no question has is left out', () => {
    const rows = rowsOf(figureTable(figuresOf(run('m', 'T', 3, two))[0].data));
    assert.deepEqual(
      rows.map((r) => `${r['curve']} ${r['layer']} ${r['questions']} ${r['direction']}`),
      [
        ...['none', 'drop', 'none'].map((d, l) => `Question↛Last ${l} 12 ${d}`),
        ...['none', 'drop', 'none'].map((d, l) => `Image↛Question ${l} 11 ${d}`),
      ],
    );
    const [, drop] = rows;
    // All of twelve drop: 2 of 2^12 choices of signs are as far; three layers.
    assert.ok(Math.abs(Number(drop['p']) - 2 / 2 ** 12) < 1e-8);
    assert.ok(Math.abs(Number(drop['p_holm']) - 6 / 2 ** 12) < 1e-8);
    for (const [low, high] of [['low', 'high'], ['t_low', 't_high']])
      assert.ok(Number(drop[low]) < Number(drop['mean']) && Number(drop['mean']) < Number(drop[high])); // prettier-ignore
    assert.equal(rows[0]['p'], '1');
  });

  it('marks significant changes above the plot and says in the caption what the marks are', async () => {
    const marked = await renderSvg(figuresOf(run('m', 'T', 3, two))[0].spec);
    assert.match(marked, /12 questions; window 9|11–12 questions; window 9/);
    assert.match(marked, /▾ ranks lean to a drop/);
    // One question shows nothing, and has no band.
    const [single] = figuresOf(run('m', 'T', 3, two, 1));
    const svg = await renderSvg(single.spec);
    assert.doesNotMatch(svg, /▾|bands/);
    assert.ok(!figureTable(single.data).includes('drop'));
  });

  it('marks no rank that leans against the mean, nor a trifle', () => {
    const point = (mean: number, direction: 'drop' | 'rise', holm = 0.001) =>
      isMarked({ layer: 0, mean, test: { p: holm, direction, holm, bh: holm } });
    assert.deepEqual([point(-5, 'drop'), point(5, 'rise'), point(-1, 'drop')], [true, true, true]);
    assert.deepEqual([point(1.73, 'drop'), point(-5, 'rise'), point(-0.016, 'drop'), point(0.9, 'rise')], [false, false, false, false]); // prettier-ignore
    assert.ok(!point(-5, 'drop', 0.05));
  });

  it('draws a knockout with several windows as layers times windows, and each window for itself', async () => {
    const windows = [9, 1, 5].map((window) => edge('Question', 'Last', window));
    const figures = figuresOf(run('m', 'T', 4, [...windows, edge('Image', 'Last', 5)]));
    assert.deepEqual(
      figures.map((f) => f.name).filter((name) => !name.startsWith('last_')),
      ['information_flow', 'information_flow_window_1', 'information_flow_window_5', 'information_flow_window_9', 'heat_map_Question_to_Last'],
    ); // prettier-ignore
    const map = figures.find((f) => f.name.startsWith('heat_map'))!;
    assert.deepEqual(map.data.curves.map((c) => c.label), ['1', '5', '9']); // prettier-ignore
    const svg = await renderSvg(map.spec);
    assert.equal((svg.match(/aria-roledescription="rect mark"/g) ?? []).length, 3 * 4);
    // No change is the middle of the scale, whichever way the changes go.
    assert.match(JSON.stringify(map.spec), /"domain":\[-100,100\]/);
    assert.match(svg, /Change in probability \(%\)/);
    // A figure of one window has the published colours.
    assert.equal(figures[2].data.curves[0].colour, figuresOf(run('m', 'T', 4, two))[0].data.curves[0].colour);
  });

  it('has the published colours for who wants them', () => {
    const colours = figuresOf(run('m', 'T', 3, two), { palette: 'published' })[0].data.curves.map((c) => c.colour);
    assert.deepEqual(colours, ['#a7c957', '#377eb8']);
  });

  it('the same results and seed give the same numbers, another seed other intervals', () => {
    const tables = [{}, {}, { seed: 1 }].map((options) => figureTable(figuresOf(run('m', 'T', 3, two), options)[0].data)); // prettier-ignore
    assert.equal(tables[0], tables[1]);
    assert.notEqual(tables[0], tables[2]);
  });

  it('file names lead nowhere else and are never alike', () => {
    assert.deepEqual(['a/b', '..', '', 'CON', 'x.', 'Image->Last', 'ünï 画'].map(safeName), ['a_b', '_', '_', '_CON', 'x_', 'Image_to_Last', 'ünï_画']); // prettier-ignore
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 100 }), { maxLength: 6 }), (names) => {
        const safe = safeNames(names);
        assert.equal(new Set(safe.map((name) => name.toLowerCase())).size, names.length);
        for (const name of safe) assert.ok(name.length > 0 && !/[\\/:*?"<>|\0\s]|^\.|\.$/.test(name), name);
      }),
    );
  });
});
