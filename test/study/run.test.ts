import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fitting } from '../../src/core/dataset/fit';
import type { Model } from '../../src/core/engine/api';
import type { EngineOptions } from '../../src/core/engine/types';
import { openModel } from '../../src/core/engine/model';
import { CrossflowError } from '../../src/core/errors';
import { shardFile, WHOLE, type Shard } from '../../src/core/journal/place';
import { journalFiles, readJournals } from '../../src/core/journal/journals';
import { mergeRun } from '../../src/core/study/merge';
import { missingShards } from '../../src/core/study/shards';
import { claimShard } from '../../src/core/journal/owner';
import { loadStudy, movedTo } from '../../src/core/study/parse';
import { prepareRuns, type Prepared, type Preparing } from '../../src/core/study/prepare';
import { runStudy, type StudyOutcome } from '../../src/core/study/run';
import { studyStatus } from '../../src/core/study/status';
import type { Study } from '../../src/core/study/types';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';
import { killStudy, recordsOnce } from './kills';
import { csvOf, EXAMPLES, MODEL, tablesOf, writeStudy } from './studies';

describe('studies on the embedded model', () => {
  const folder = temporaryFolder();
  let model: Model;
  before(async () => {
    model = await openModel(MODEL);
  });
  after(() => model.close());

  const folderOf: Preparing['folderOf'] = (named) =>
    named.kind === 'folder' ? Promise.resolve(named.path) : Promise.reject(new Error('a folder'));
  const prepare = async (file: string, engine?: EngineOptions, given?: Study): Promise<Prepared & { study: Study }> => {
    const study = given ?? (await loadStudy(file));
    const prepared = await prepareRuns(study, study.runs, { folderOf, ...(engine && { engine }) });
    return { study, ...prepared };
  };
  /** Loads and asks; gives what was asked (`run row`) as well. */
  const run = async (
    file: string,
    shard: Shard = WHOLE,
  ): Promise<StudyOutcome & { asked: string[]; loads: number }> => {
    const { runs, problems } = await prepare(file);
    if (problems[0]) throw problems[0].error;
    const asked: string[] = [];
    let loads = 0;
    // One model serves all tests; studies close theirs.
    const open = () => {
      loads++;
      return Promise.resolve(Object.create(model, { close: { value: () => Promise.resolve() } }) as Model);
    };
    const outcome = await runStudy({
      ...{ runs, shard, open },
      onBegin: ({ id }, row) => asked.push(`${id} ${row.index}`),
    });
    return { ...outcome, asked, loads };
  };
  const usageError = (pattern: RegExp) => (e: unknown) =>
    e instanceof CrossflowError && e.kind === 'usage' && pattern.test(e.line);
  const assertSame = async (want: string, got: string, note = ''): Promise<void> => {
    const [a, b] = [await tablesOf(want), await tablesOf(got)];
    assert.deepEqual([...b.keys()], [...a.keys()]);
    for (const [name, text] of a) assert.ok(b.get(name) === text, `${name} differs ${note}`);
  };
  const TWO = ['QueryAttr', 'LogicalObj'];

  it('asks each question once, whatever the number of shards, when limit, tasks and models grow', async () => {
    const plain = writeStudy(folder.path, 'plain', TWO, { limit: 5 });
    const whole = await run(plain);
    assert.deepEqual([whole.asked.length, whole.loads], [10, 1]);
    assert.deepEqual([(await run(plain)).asked.length, (await run(plain)).loads], [0, 0]);

    const name = 'grown';
    const one = writeStudy(folder.path, name, ['QueryAttr'], { limit: 4 });
    const asked = [...(await run(one, { index: 2, count: 3 })).asked];
    writeStudy(folder.path, name, ['QueryAttr'], { limit: 5 });
    asked.push(...(await run(one, { index: 1, count: 2 })).asked);
    assert.deepEqual(await missingShards((await loadStudy(one)).runs, 1), [1]);
    writeStudy(folder.path, name, TWO, { limit: 5 });
    asked.push(...(await run(one, { index: 2, count: 2 })).asked, ...(await run(one)).asked);
    assert.deepEqual(asked.sort(), whole.asked.sort());
    await recordsOnce(one);
    await assertSame(plain, one);

    const models = [
      { model: MODEL, prompt: 'vicuna_v1' },
      { model: MODEL, name: 'again', prompt: 'vicuna_v1' },
    ];
    writeStudy(folder.path, name, TWO, { limit: 5, models });
    assert.equal((await run(one)).asked.filter((key) => key.startsWith('again-')).length, 10);
  });

  it('says what changed, run by run, and mixes nothing', async () => {
    const csv = folder.join('small_QueryAttr.csv');
    const lines = readFileSync(csvOf('QueryAttr'), 'utf8').split('\n');
    writeFileSync(csv, lines.slice(0, 4).join('\n') + '\n');
    const images = folder.join('pictures');
    mkdirSync(images);
    for (const name of readdirSync(path.join(EXAMPLES, 'images')).slice(0, 3)) {
      copyFileSync(path.join(EXAMPLES, 'images', name), path.join(images, name));
    }
    const checkpoint = folder.join('checkpoint');
    cpSync(MODEL, checkpoint, { recursive: true });
    const models = [{ model: checkpoint, name: 'm', prompt: 'vicuna_v1' }];
    const change = (more: object = {}) => writeStudy(folder.path, 'changed', [], { tasks: [csv, csvOf('LogicalObj')], images, limit: 3, models, ...more }); // prettier-ignore
    const file = change();
    await run(file);
    const before = snapshot(folder.join('changed'));

    change({ windows: [5] });
    await assert.rejects(run(file), usageError(/changed\/journal\/m-QueryAttr: .*"window" changed since/));
    change({ models: [{ ...models[0], instruction: ' ' }] });
    await assert.rejects(run(file), usageError(/"instruction" changed since/));
    change();
    const other = await prepare(file, { device: 'cuda' });
    assert.equal(other.problems.length, 2);
    assert.match(other.problems[0].error.line, /the device \(cpu, now cuda\) changed since/);
    writeFileSync(csv, lines.slice(0, 5).join('\n') + '\n');
    await assert.rejects(run(file), usageError(/m-QueryAttr: .*the CSV file changed since/));
    const { problems, runs } = await prepare(file);
    assert.deepEqual([problems.map((p) => p.run.id), runs.map((r) => r.id)], [['m-QueryAttr'], ['m-LogicalObj']]);
    const status = await studyStatus(await loadStudy(file), (await loadStudy(file)).runs);
    assert.deepEqual(status.runs.map((r) => r.problem !== undefined), [true, false]); // prettier-ignore
    writeFileSync(csv, lines.slice(0, 4).join('\n') + '\n');
    const config = path.join(checkpoint, 'generation_config.json');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text + ' ');
    await assert.rejects(run(file), usageError(/the checkpoint changed since/));
    writeFileSync(config, text);
    appendFileSync(path.join(images, readdirSync(images)[0]), 'x');
    await assert.rejects(run(file), usageError(/a picture that has changed since: .*jpg/));
    assert.deepEqual(snapshot(folder.join('changed')), before);
  });

  it('a model that cannot be loaded costs its own runs alone, and is tried once', async () => {
    const models = [
      { model: MODEL, name: 'large', prompt: 'vicuna_v1' },
      { model: MODEL, prompt: 'vicuna_v1' },
    ];
    const { runs } = await prepare(writeStudy(folder.path, 'too large', TWO, { models, limit: 1 }));
    const [large, ...rest] = runs.map((one) => ({ ...one, experiment: { ...one.experiment, model: { kind: 'folder' as const, path: `${MODEL}${one.model === 'large' ? '/' : ''}` } } })); // prettier-ignore
    const opened: string[] = [];
    const outcome = await runStudy({
      ...{ runs: [large, ...rest], shard: WHOLE },
      open(one) {
        opened.push(one.model);
        if (one.model === 'large') return Promise.reject(new CrossflowError('failed', 'does not fit'));
        return Promise.resolve(Object.create(model, { close: { value: () => Promise.resolve() } }) as Model);
      },
    });
    assert.deepEqual(opened, ['large', 'shapes-llava']);
    assert.deepEqual(outcome.problems.map(({ run: { id }, error }) => `${id} ${error.message}`), ['large-QueryAttr does not fit', 'large-LogicalObj does not fit']); // prettier-ignore
    assert.deepEqual(outcome.runs.map((one) => [one.run, one.total]), [['shapes-llava-QueryAttr', 1], ['shapes-llava-LogicalObj', 1]]); // prettier-ignore
  });

  it('is looked at before anything is computed: heads, windows, and what else the caller asks', async () => {
    const knockouts = [{ from: 'Question', to: 'Last', heads: [1, 99] }, 'Image->Question'];
    const file = writeStudy(folder.path, 'heads', ['QueryAttr'], { knockouts, windows: [3, 44], limit: 1 });
    const written = await loadStudy(file);
    for (const study of [written, movedTo(written, folder.join('moved'))])
      await assert.rejects(prepare(file, {}, study).then(({ problems }) => Promise.reject(problems[0].error)), usageError(/heads\.study\.json:1:\d+: head 99 does not exist \(.* has heads 0 to 3\)/)); // prettier-ignore
    const windows = writeStudy(folder.path, 'windows', TWO, { knockouts: ['Image->Question'], windows: [3, 44], limit: 1 }); // prettier-ignore
    const { warnings, problems } = await prepare(windows);
    assert.deepEqual([problems.length, warnings.length], [0, 1]);
    assert.match(warnings[0].message, /a window of 44 layers is larger than the 10 of/);
    const study = await loadStudy(windows);
    const refused = await prepareRuns(study, study.runs, {
      folderOf,
      look: (one) =>
        one.task === 'QueryAttr' ? Promise.reject(new CrossflowError('failed', 'does not fit')) : Promise.resolve(),
    });
    assert.deepEqual(refused.problems.map(({ run: { task }, error }) => [task, error.message]), [['QueryAttr', 'does not fit']]); // prettier-ignore
    assert.ok(!existsSync(folder.join('windows')));
    await fitting({})(study.runs[0], MODEL);
  });

  it('a shard is worked on once at a time, and shards of other numbers wait', async () => {
    const file = writeStudy(folder.path, 'busy', TWO, { limit: 2 });
    const study = await loadStudy(file);
    const claim = claimShard(study.runs[0].place.journals, { index: 1, count: 2 }, { journal: '', questions: 1, before: 0 }); // prettier-ignore
    try {
      const same = await run(file, { index: 1, count: 2 });
      assert.deepEqual(same.problems.map((p) => p.run.id), [study.runs[0].id]); // prettier-ignore
      assert.match(same.problems[0].error.line, /process \d+ works on shard 1\/2 of this run/);
      assert.deepEqual(same.runs.map((r) => r.run), [study.runs[1].id]); // prettier-ignore
      assert.match((await run(file)).problems[0].error.line, /ask for shards of 2/);
      assert.equal((await run(file, { index: 2, count: 2 })).problems.length, 0);
    } finally {
      claim.release();
    }
    assert.equal((await run(file)).problems.length, 0);
    await recordsOnce(file);
  });

  it('merging is safe while a shard writes, and tidies only what nobody writes', async () => {
    const file = writeStudy(folder.path, 'merging', ['LogicalObj'], { limit: 8 });
    const { study, runs } = await prepare(file);
    const counts: number[] = [];
    await runStudy({
      ...{
        runs,
        shard: WHOLE,
        open: () => Promise.resolve(Object.create(model, { close: { value: () => Promise.resolve() } }) as Model),
      },
      onRecord(planned) {
        // As if the next line were on its way.
        const torn = shardFile(planned.place.journals, { index: 9, count: 9 }, 1);
        if (!existsSync(torn)) {
          copyFileSync(journalFiles(planned.place).at(-1)!, torn);
          truncateSync(torn, readFileSync(torn).length - 7);
        }
        const merged = mergeRun(planned);
        counts.push((merged?.kept ?? 0) + (merged?.dropped ?? 0));
        assert.throws(() => mergeRun(planned, true), usageError(/being worked on/));
      },
    });
    assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8]);
    const before = await tablesOf(file);
    const merged = mergeRun(study.runs[0], true);
    assert.deepEqual([merged?.written, merged?.shards], [false, 2]);
    assert.deepEqual(journalFiles(study.runs[0].place), [study.runs[0].place.merged]);
    assert.equal((await run(file)).asked.length, 0);
    assert.deepEqual(await tablesOf(file), before);
  });

  it('torn, doubled and damaged lines cost at most their own question', async () => {
    const plain = writeStudy(folder.path, 'whole', ['QueryAttr'], { limit: 6 });
    await run(plain);
    const file = writeStudy(folder.path, 'hurt', ['QueryAttr'], { limit: 6 });
    await run(file);
    const study = await loadStudy(file);
    const [journal] = journalFiles(study.runs[0].place);
    const lines = readFileSync(journal, 'utf8').split('\n').slice(0, -1);
    const damaged = lines[2].replace('"base":', '"bose":');
    writeFileSync(journal, [lines[0], lines[1], lines[1], damaged, ...lines.slice(3, 5), lines[4], lines[6].slice(0, 99)].join('\n')); // prettier-ignore
    const status = await studyStatus(study, study.runs);
    assert.deepEqual([status.done, status.runs[0].damaged], [3, 1]);
    const again = await run(file);
    assert.deepEqual([again.asked.length, again.runs[0].resumed, again.runs[0].damaged], [3, 3, 1]);
    await assertSame(plain, file);
  });

  it('a full disk is a clear error that loses nothing', async function () {
    if (process.platform === 'win32') this.skip();
    const plain = folder.join('whole.study.json');
    const file = writeStudy(folder.path, 'full', ['QueryAttr'], { limit: 6 });
    const child = (limit: string) =>
      new Promise<{ code: number | null; errors: string }>((resolve) => {
        // ulimit -f: no file may grow beyond so many blocks of 1024 bytes, as on a full disk.
        const command = `ulimit -f ${limit}; exec "$0" --import ./test/support/register.mjs test/study/child.ts "$1" "$2"`;
        const started = spawn('bash', ['-c', command, process.execPath, file, folder.join('full.log')], { cwd: repositoryRoot }); // prettier-ignore
        let errors = '';
        started.stderr.on('data', (text: Buffer) => (errors += text.toString()));
        started.on('close', (code) => resolve({ code, errors }));
      });
    const { code, errors } = await child('5');
    assert.equal(code, 1);
    assert.match(errors, /1-of-1\.jsonl.*cannot be written|cannot be written: EFBIG/);
    const study = await loadStudy(file);
    const { index, files } = readJournals(study.runs[0].place);
    const { kept, dropped } = index.counts();
    assert.ok(kept + dropped > 0 && kept + dropped < 6);
    assert.ok(readFileSync(files[0].path).at(-1) === 10, 'the journal ends with a whole line');
    const again = await run(file);
    assert.deepEqual([again.runs[0].resumed, again.asked.length], [kept + dropped, 6 - kept - dropped]);
    await assertSame(plain, file);
  });

  it('killed at any moment it gives the same tables, and only the interrupted question is asked again', async () => {
    const seed = Number(process.env['CROSSFLOW_SEED'] ?? Date.now() % 2 ** 31);
    const plain = writeStudy(folder.path, 'undisturbed', TWO, { limit: 8 });
    await run(plain);
    const killed = writeStudy(folder.path, 'killed', TWO, { limit: 8 });
    const { kills } = await killStudy(killed, folder.join('killed.log'), 4, seed);
    assert.ok(kills > 0, `nothing was killed; CROSSFLOW_SEED=${seed}`);
    await recordsOnce(killed);
    await assertSame(plain, killed, `replay with CROSSFLOW_SEED=${seed}`);
  });
});

/** Every file below a folder with its content. */
function snapshot(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((file) => [path.relative(folder, file), readFileSync(file, 'latin1')]));
}
