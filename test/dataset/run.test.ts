import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { runDatasetExperiment } from '../../src/cli/dataset';
import { JournalReader } from '../../src/core/journal/reader';
import type { RowRecord } from '../../src/core/journal/record';
import type { Model } from '../../src/core/engine/api';
import { planExperiment } from '../../src/core/dataset/plan';
import { openModel } from '../../src/core/engine/model';
import { Planner } from '../../src/core/planning/planner';
import { CrossflowError } from '../../src/core/errors';
import { loadExperiment } from '../../src/core/experiment/parse';
import type { Experiment } from '../../src/core/experiment/types';
import { journalFiles, readJournals } from '../../src/core/journal/journals';
import { placeIn } from '../../src/core/journal/place';
import { datasetStudy } from '../../src/core/study/dataset';
import { reportStudy } from '../../src/core/study/report';
import type { StudyProgress } from '../../src/core/study/run';
import type { ReportSummary } from '../../src/core/report/summary';
import { runDatasetCall } from '../../src/engine-process/dataset';
import { loadGolden, repositoryRoot } from '../support/golden';
import { random as seeded } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';
import { runOn } from './run-on';

const examples = path.join(repositoryRoot, 'examples');
const modelFolder = path.join(repositoryRoot, 'models/shapes-llava');
const csvOf = (task: string): string =>
  path.join(examples, readdirSync(examples).find((name) => name.endsWith(`_${task}.csv`)) ?? task);

describe('data set runs on the embedded model', () => {
  const folder = temporaryFolder();
  let model: Model;
  before(async () => {
    model = await openModel(modelFolder);
  });
  after(() => model.close());

  /** Writes an experiment file and loads it; results go to a folder of its name. */
  const experimentOf = async (name: string, dataset: object, change: object = {}): Promise<Experiment> => {
    const file = folder.join(`${name}.flow.json`);
    const text = {
      model: modelFolder,
      prompt: 'vicuna_v1',
      window: 3,
      dataset: { images: path.join(examples, 'images'), ...dataset },
      knockouts: ['Question->Last', 'Image Central Object->Question'],
      output: folder.join(name),
      ...change,
    };
    writeFileSync(file, JSON.stringify(text));
    return loadExperiment(file);
  };
  const recordsOf = (experiment: Experiment): RowRecord[] => {
    const reader = JournalReader.open(placeIn(experiment.output));
    try {
      return [...reader.records()];
    } finally {
      reader.close();
    }
  };
  /** Everything a report writes that must be the same whatever happened, as one text. */
  const bytesOf = async (experiment: Experiment): Promise<Map<string, string>> => {
    const { files } = await reportStudy(datasetStudy(experiment));
    const stable = files.filter((file) => !/^(run\.json|report\..*)$/.test(path.basename(file)));
    return new Map(stable.map((file) => [path.relative(experiment.output, file), readFileSync(file, 'latin1')]));
  };
  const tablesOf = async (experiment: Experiment): Promise<{ summary: ReportSummary }> => {
    const { summaries } = await reportStudy(datasetStudy(experiment), { make: ['tables'] });
    return { summary: summaries[0] };
  };
  const usageError = (pattern: RegExp) => (e: unknown) =>
    e instanceof CrossflowError && e.kind === 'usage' && pattern.test(e.line);

  it('gives the reference values of the published stack', async () => {
    const golden = loadGolden('bundled').cases.filter((c) => c.name.startsWith('ChooseAttr-'));
    assert.ok(golden.length > 0);
    const edges = Object.keys(golden[0].knockout);
    const ids = golden.map((c) => c.name.slice('ChooseAttr-'.length));
    const [head, ...lines] = readFileSync(csvOf('ChooseAttr'), 'utf8').trimEnd().split('\n');
    const csv = folder.join('golden_ChooseAttr.csv');
    writeFileSync(csv, [head, ...lines.filter((line) => ids.includes(line.slice(0, 6)))].join('\n'));
    const experiment = await experimentOf('golden', { csv }, { knockouts: edges });
    await runOn(model, experiment);
    const records = recordsOf(experiment);
    assert.equal(records.length, golden.length);
    for (const record of records) {
      const want = golden[ids.indexOf(record.question_id)];
      assert.ok(record.is !== 'failed');
      assert.equal(record.answer, want.answer.toLowerCase());
      assert.ok(Math.abs(record.base - want.base_score) < 1e-5);
      if (record.is !== 'kept') continue;
      edges.forEach((edge, i) => {
        want.knockout[edge].forEach((score, layer) => {
          assert.ok(Math.abs(record.curves[i]![layer] - score) < 1e-5, `${record.question_id} ${edge} ${layer}`);
        });
      });
    }
    assert.ok(records.some((record) => record.is === 'kept'));
  });

  it('keeps right answers, drops wrong ones with their answer, and leaves absent sets out', async () => {
    const experiment = await experimentOf('kinds', { csv: csvOf('LogicalObj'), limit: 14 }, {
      sets: { here: { text: 'there' }, nowhere: { text: 'zebra' }, rest: { not: 'Image Central Object' } },
      knockouts: ['Question->Last', 'Image Central Object->Question', 'here->Last', 'nowhere->Last', 'True Option->Last', { mlp: 'Last' }],
    }); // prettier-ignore
    const progress: StudyProgress[] = [];
    const seen: RowRecord[] = [];
    const summary = await runOn(model, experiment, {
      onProgress: (p) => progress.push(p),
      onRecord: (r) => seen.push(r),
    });
    const records = recordsOf(experiment);
    assert.equal(summary.kept + summary.dropped, 14);
    assert.ok(summary.kept > 0 && summary.dropped > 0);
    assert.deepEqual([summary.failed, summary.resumed, summary.damaged], [0, 0, 0]);
    for (const record of records) {
      assert.ok(record.is !== 'failed');
      assert.equal(record.is === 'kept', record.answer === record.gold);
      if (record.is !== 'kept') continue;
      const there = record.curves.map((curve) => curve !== null);
      assert.deepEqual([there[0], there[3], there[4], there[5]], [true, false, false, true]);
      for (const curve of record.curves) assert.ok(curve === null || curve.length === model.info.layers);
      for (const rows of record.lens.with_norm) assert.equal(rows.length, model.info.layers + 1);
    }
    assert.deepEqual(seen.sort((a, b) => a.row - b.row), records); // prettier-ignore
    assert.deepEqual(progress.map((p) => p.done), [...Array(15).keys()]); // prettier-ignore
    assert.equal(progress.at(-1)!.kept, summary.kept);
    assert.equal(progress.at(-1)!.secondsLeft, 0);
  });

  it('goes on after a picture that cannot be decoded, and tries it again next time', async () => {
    const images = folder.join('pictures');
    mkdirSync(images);
    for (const name of readdirSync(path.join(examples, 'images')).slice(0, 3)) {
      copyFileSync(path.join(examples, 'images', name), path.join(images, name));
    }
    const good = readFileSync(path.join(images, '2300001.jpg'));
    writeFileSync(path.join(images, '2300001.jpg'), 'no picture');
    const experiment = await experimentOf('broken', { csv: csvOf('ChooseCat'), images, limit: 3 });
    // Nor does it stand against the plan that is made first.
    const planner = await Planner.open(modelFolder, {});
    assert.equal((await planExperiment(planner, experiment, { measure: false })).questions, 3);
    const first = await runOn(model, experiment);
    assert.equal(first.errors.length, 1);
    assert.deepEqual([first.errors[0].row, first.errors[0].line, first.kept + first.dropped], [2, 3, 2]);
    assert.match(first.errors[0].message, /2300001\.jpg/);
    const { summary } = await tablesOf(experiment);
    assert.deepEqual([summary.complete, summary.questions.failed, summary.errors.length], [false, 1, 1]);
    writeFileSync(path.join(images, '2300001.jpg'), good);
    const second = await runOn(model, experiment);
    assert.deepEqual([second.resumed, second.failed, second.kept + second.dropped], [2, 0, 3]);
    // A picture that took another's name is not mixed in.
    copyFileSync(path.join(images, '2300000.jpg'), path.join(images, '2300001.jpg'));
    await assert.rejects(runOn(model, experiment), usageError(/a picture that has changed since/));
  });

  it('grows with its limit and refuses other settings', async () => {
    const csv = csvOf('QueryAttr');
    await runOn(model, await experimentOf('grow', { csv, limit: 2 }));
    const more = await experimentOf('grow', { csv, limit: 4 });
    assert.equal((await runOn(model, more)).resumed, 2);
    const less = await experimentOf('grow', { csv, limit: 3 });
    assert.equal((await tablesOf(less)).summary.questions.asked, 3);
    const other = await experimentOf('grow', { csv, limit: 4 }, { window: 5 });
    await assert.rejects(runOn(model, other), usageError(/"window" changed since/));
    await assert.rejects(tablesOf(other), usageError(/"window" changed since/));
  });

  it('writes nothing when the input is wrong', async () => {
    mkdirSync(folder.join('no-pictures'));
    const experiment = await experimentOf('wrong', { csv: csvOf('ChooseAttr'), images: folder.join('no-pictures') });
    await assert.rejects(runOn(model, experiment), usageError(/no picture for row 1, question 000000/));
    assert.ok(!existsSync(experiment.output));
    writeFileSync(folder.join('file'), '');
    const blocked = await experimentOf('blocked', { csv: csvOf('ChooseAttr') }, { output: folder.join('file', 'x') });
    await assert.rejects(runOn(model, blocked), usageError(/cannot be made/));
  });

  it('stops between questions and keeps what is done', async () => {
    const experiment = await experimentOf('stopped', { csv: csvOf('QueryAttr'), limit: 5 });
    const stop = new AbortController();
    const run = runOn(model, experiment, {
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 2) stop.abort();
      },
    });
    await assert.rejects(run, (e: unknown) => e instanceof CrossflowError && e.kind === 'cancelled');
    assert.equal(recordsOf(experiment).length, 2);
    assert.equal((await runOn(model, experiment)).resumed, 2);
  });

  it('stops before the tables when it is told so after the last question', async () => {
    const experiment = await experimentOf('stopped late', { csv: csvOf('QueryAttr'), limit: 1 });
    await runOn(model, experiment);
    const cancelled = (e: unknown) => e instanceof CrossflowError && e.kind === 'cancelled';
    const stops = [new AbortController(), new AbortController(), new AbortController()] as const;
    setImmediate(() => stops[0].abort());
    await assert.rejects(reportStudy(datasetStudy(experiment), { signal: stops[0].signal }), cancelled);
    const bar = { update: (what: string) => what === 'merging' && stops[1].abort(), stop: () => undefined };
    const running = { file: experiment.file, experiment, options: {}, signal: stops[1].signal };
    await assert.rejects(runDatasetExperiment(running, bar), cancelled);
    const call = runDatasetCall(model, experiment, { signal: stops[2].signal }, () => stops[2].abort());
    await assert.rejects(call, cancelled);
    assert.deepEqual(readdirSync(experiment.output), ['journal.jsonl']);
  });

  it('killed at any moment and started again it gives the same bytes, and no finished question is asked twice', async () => {
    const seed = Number(process.env['CROSSFLOW_SEED'] ?? Date.now() % 2 ** 31);
    const random = seeded(seed);
    const dataset = { csv: csvOf('ChooseRel'), limit: 10 };
    const plain = await experimentOf('undisturbed', dataset);
    await runOn(model, plain);
    const killed = await experimentOf('killed', dataset);
    const place = placeIn(killed.output);
    /** Every start's file with its bytes. */
    const written = (): Map<string, Buffer> =>
      new Map(journalFiles(place).map((file) => [file, readFileSync(file)] as const));
    for (let kill = 0; kill < 4; kill++) {
      const before = written();
      await runAndKill(killed.file, 1 + Math.floor(random() * 3), random() * 300);
      const after = written();
      for (const [file, bytes] of before) assert.ok(after.get(file)?.equals(bytes), `${file}; CROSSFLOW_SEED=${seed}`);
      // Power loss: the last write reached the disk in part.
      const [last] = [...after].filter(([file]) => !before.has(file));
      if (kill % 2 === 1 && last) truncateSync(last[0], Math.max(1, last[1].length - Math.floor(random() * 900)));
    }
    const { files, index } = readJournals(place);
    const { kept, dropped } = index.counts();
    assert.equal(files.reduce((sum, file) => sum + file.records, 0), kept + dropped, `CROSSFLOW_SEED=${seed}`); // prettier-ignore
    const summary = await runOn(model, killed);
    assert.ok(summary.resumed > 0 && summary.resumed === kept + dropped, `replay with CROSSFLOW_SEED=${seed}`);
    assert.deepEqual(readdirSync(killed.output), ['journal.jsonl']);
    const rows = readFileSync(place.merged, 'utf8').match(/^\{"crc":"[^"]+","row":\d+/gm) ?? [];
    assert.equal(rows.length, 10);
    const [want, got] = [await bytesOf(plain), await bytesOf(killed)];
    assert.deepEqual([...got.keys()], [...want.keys()]);
    for (const [name, bytes] of want) {
      assert.ok(got.get(name) === bytes, `${name} differs; replay with CROSSFLOW_SEED=${seed}`);
    }
    assert.ok(want.size > 10);
  });
});

/** Kills a run some milliseconds after so many of its questions are done (or it ended by itself before). */
function runAndKill(experiment: string, questions: number, delay: number): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--import', './test/support/register.mjs', path.join(repositoryRoot, 'test/dataset/child.ts'), experiment],
    { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let lines = 0;
  child.stdout.on('data', (text: Buffer) => {
    const before = lines;
    lines += text.toString().split('\n').length - 1;
    // The first line says what was done before.
    if (before <= questions && lines > questions) setTimeout(() => child.kill('SIGKILL'), delay);
  });
  return new Promise((resolve) => child.on('exit', () => resolve()));
}
