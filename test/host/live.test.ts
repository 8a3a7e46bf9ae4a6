import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { callOnce } from '../../src/host/engine/once';
import { checkAgainstModel } from '../../src/core/experiment/facts';
import type { EnginePool } from '../../src/host/engine/pool';
import type { Experiment } from '../../src/core/experiment/types';
import { factsOf } from '../../src/host/live/facts';
import { asksOf, wanted } from '../../src/host/live/plan';
import type { LiveSession } from '../../src/host/live/session';
import { temporaryFolder } from '../support/temporary';
import { engineEntry, experiment, modelFolder, pool, root, session } from './support';

/** The numbers that a session shows. */
const numbers = (live: LiveSession): unknown => ({
  clean: live.shown.clean,
  lens: live.shown.lens,
  curves: live.shown.curves.map((curve) => curve?.scores),
});

describe('the live loop, with a real engine process', function () {
  const folder = temporaryFolder();
  let engines: EnginePool;
  beforeEach(() => (engines = pool()));
  afterEach(() => engines.dispose());

  it('runs an experiment, and after a change only what the change made stale', async () => {
    const { live, take } = session(engines);
    await live.update(experiment());
    assert.equal(live.status.kind, 'idle', JSON.stringify(live.status));
    assert.equal(live.shown.clean?.answer.text, 'Star');
    assert.deepEqual(
      live.shown.curves.map((curve) => curve?.scores.length),
      [10, 10],
    );
    const first = take();
    assert.deepEqual(
      first.filter((type) => type !== 'curve-part'),
      ['model', 'picture', 'example', 'curves', 'clean', 'lens', 'curves'],
    );
    assert.equal(first.filter((type) => type === 'curve-part').length, 20);

    const more = {
      sets: { clicked: { patches: [44, 45, 54] } },
      knockouts: ['Question->Last', 'Image->Question', 'clicked->Question'],
    };
    const before = live.shown.curves[0];
    await live.update(experiment(more));
    const second = take();
    assert.deepEqual(
      second.filter((type) => type !== 'curve-part'),
      ['example', 'curves', 'curves'],
    );
    assert.equal(second.filter((type) => type === 'curve-part').length, 10, 'one new curve');
    assert.equal(live.shown.curves[0], before, 'the old curves stay the very same');

    const wider = { ...more, sets: { clicked: { patches: [44, 45, 54, 55] } } };
    await live.update(experiment(wider));
    assert.equal(take().filter((type) => type === 'curve-part').length, 10, 'only the set that changed');
    await live.update(experiment(more));
    assert.equal(take().filter((type) => type === 'curve-part').length, 0, 'undo finds the curve again');

    await live.update(experiment({ ...more, question: 'Is the white shape a star or a circle?' }));
    assert.deepEqual(
      take().filter((type) => type !== 'curve-part'),
      ['example', 'curves', 'clean', 'lens', 'curves'],
    );
    live.dispose();
  });

  it('computes what can be computed: an option that the question does not hold and a patch that is not there cost their own curves', async () => {
    const { live } = session(engines);
    const text = {
      options: ['star', 'banana'],
      sets: { far: { patches: [44, 900] }, rest: { not: 'far' }, near: { patches: [44] } },
      knockouts: [
        'far->Question',
        'Question->Last',
        'False Option->Last',
        { from: 'Image', to: 'Last', heads: [99] },
        'rest->Last',
        'near->Question',
        'True Option->Last',
      ],
    };
    await live.update(experiment(text));
    assert.deepEqual(live.status, { kind: 'idle' });
    assert.equal(live.shown.clean?.answer.text, 'Star');
    const computed = live.shown.curves.map((curve) => curve?.scores.length);
    assert.deepEqual(computed, [undefined, 10, undefined, undefined, undefined, 10, 10]);
    const found = checkAgainstModel(experiment(text), factsOf(live.shown, experiment(text))!);
    assert.deepEqual(
      found.map(({ code }) => code),
      ['unknown-set', 'unknown-set', 'head-out-of-range', 'unknown-set', 'patch-out-of-range'],
    );
    const alone = session(engines, {}, 'test:alone');
    await alone.live.update(experiment({ knockouts: ['Question->Last'] }));
    // Other company in a chunk may move the last bits of a float.
    const scores = alone.live.shown.curves[0]!.scores;
    live.shown.curves[1]!.scores.forEach((score, i) => assert.ok(Math.abs(score - scores[i]) < 1e-5));
    alone.live.dispose();
    live.dispose();
  });

  it('hands out the picture as the model is shown it, whatever its file says of orientation and format', async () => {
    const data = Uint8Array.from({ length: 40 * 20 * 3 }, (_, i) => (i * 7) % 256);
    const stored = sharp(data, { raw: { width: 40, height: 20, channels: 3 } });
    const { live, sent } = session(engines);
    for (const [name, made] of [
      ['turned.png', stored.clone().withMetadata({ orientation: 6 }).png()],
      ['scan.tiff', stored.clone().tiff({ compression: 'lzw' })],
    ] as const) {
      const image = folder.join(name);
      await made.toFile(image);
      sent.length = 0;
      await live.update(experiment({ image, knockouts: [] }));
      const picture = sent.find((message) => message.type === 'picture');
      const shown = await sharp(picture?.png ?? undefined)
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.deepEqual([shown.info.width, shown.info.height, [...shown.data]], [40, 20, [...data]], name);
      const { geometry } = live.shown.example!;
      assert.deepEqual([geometry.width, geometry.height], [40, 20]);
    }
    sent.length = 0;
    await live.update(experiment({ image: folder.join('scan.tiff'), knockouts: [], question: 'Is it a star?' }));
    const pictures = (): number => sent.filter((message) => message.type === 'picture').length;
    assert.equal(pictures(), 0, 'the same picture is not sent again');
    live.replay();
    assert.equal(pictures(), 1, 'a new page gets it');
    live.dispose();
  });

  it('tells whose results they are, and when those before hold no more', async () => {
    const { live, sent } = session(engines);
    const examples = (): unknown =>
      sent.splice(0).flatMap((message) => (message.type === 'example' ? [[message.about, message.fresh]] : []));
    const first = experiment({ knockouts: [] });
    const clicked = experiment({ knockouts: [], sets: { clicked: { patches: [1] } } });
    const other = experiment({ knockouts: [], question: 'Is the white shape a star or a circle?' });
    const asks = (of: Experiment): string => asksOf(wanted(of, [])!);
    await live.update(first);
    assert.deepEqual(examples(), [[asks(first), true]]);
    await live.update(clicked);
    assert.deepEqual(examples(), [[asks(first), false]], 'only its sets are others');
    await live.update(other);
    assert.deepEqual(examples(), [[asks(other), true]]);
    assert.notEqual(asks(other), asks(first));
    live.dispose();
  });

  it('gives a knockout of an empty set no curve, and the others theirs', async () => {
    const { live, sent } = session(engines);
    const all = Array.from({ length: 100 }, (_, i) => i);
    const knockouts = ['clicked->Question', 'Question->Last', 'rest->Question'];
    const clicked = (patches: number[]): Experiment =>
      experiment({ sets: { clicked: { patches }, rest: { not: 'clicked' } }, knockouts });
    await live.update(clicked([]));
    const lengths = (): unknown => live.shown.curves.map((curve) => curve?.scores.length);
    assert.deepEqual([live.status.kind, lengths()], ['idle', [undefined, 10, 10]]);
    assert.ok(sent.every((message) => message.type !== 'curve-part' || message.part.index > 0));
    await live.update(clicked(all));
    assert.deepEqual([live.status.kind, lengths()], ['idle', [10, 10, undefined]]);
    live.dispose();
  });

  it('lets a newer change end the older run', async () => {
    const { live, sent } = session(engines);
    const full = { method: 'full', knockouts: ['Question->Last', 'Image->Last', 'Image->Question', 'Last->Last'] };
    const first = live.update(experiment(full));
    while (!sent.some((message) => message.type === 'curve-part'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all([first, live.update(experiment({ knockouts: ['Question->Last'] }))]);
    assert.equal(live.status.kind, 'idle');
    assert.equal(live.shown.curves.length, 1);
    assert.equal(engines.engines[0]?.state.kind, 'running');
    live.dispose();
  });

  it('can be cancelled, and goes on afterwards', async () => {
    const { live, sent } = session(engines);
    const full = experiment({
      method: 'full',
      knockouts: ['Question->Last', 'Image->Last', 'Image->Question', 'Last->Last'],
    });
    const run = live.update(full);
    while (!sent.some((message) => message.type === 'curve-part'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    live.cancel();
    await run;
    assert.equal(live.status.kind, 'cancelled');
    assert.ok(live.shown.clean, 'what was computed stays');
    await live.run();
    assert.equal(live.status.kind, 'idle');
    assert.ok(live.shown.curves.every((curve) => curve !== null));
    live.dispose();
  });

  it('reads the picture again on Run: the file may be another by now', async () => {
    const images = path.join(root, 'examples/images');
    const image = folder.join('picture.jpg');
    copyFileSync(path.join(images, '2300034.jpg'), image);
    const { live } = session(engines);
    await live.update(experiment({ image }));
    const before = numbers(live);
    copyFileSync(path.join(images, '2300000.jpg'), image);
    await live.run();
    assert.notDeepEqual(numbers(live), before);
    const other = session(engines, {}, 'test:other').live;
    await other.update(experiment({ image: path.join(images, '2300000.jpg') }));
    assert.deepEqual(numbers(live), numbers(other));
    for (const one of [live, other]) one.dispose();
  });

  it('says so when the process dies, keeps what it shows, and gives the same numbers after a restart', async () => {
    const { live, sent } = session(engines);
    await live.update(experiment());
    const before = numbers(live);
    const down = new Promise<void>((resolve) => {
      const engine = engines.engines[0];
      engine.onState((state) => state.kind === 'down' && resolve());
      process.kill(engine.pid!, 'SIGSEGV');
    });
    await down;
    assert.ok(live.status.kind === 'engine-down' && /\(model: shapes-llava\)$/.test(live.status.message));
    assert.deepEqual(numbers(live), before, 'nothing shown is lost');
    const curves = live.shown.curves.filter((curve) => curve !== null);
    const figure = { what: 'knockouts', format: 'csv', title: 'after the crash', about: {}, curves } as const;
    const table = await callOnce({ ...engineEntry, log: () => undefined }, 'figure', figure);
    assert.equal(Buffer.from(table).toString().trim().split('\n').length, 11, 'and can be exported');
    await assert.rejects(live.ask('attention', { rows: [0], mean: false }), /not running/);
    sent.length = 0;
    await live.restart();
    assert.equal(live.status.kind, 'idle');
    assert.deepEqual(numbers(live), before);
    assert.equal(sent.filter((message) => message.type === 'curve-part').length, 20, 'computed anew, not remembered');
    live.dispose();
  });

  it('lets one Restart after a crash serve every editor of the model', async () => {
    const [a, b] = ['a', 'b'].map((id) => session(engines, {}, id).live);
    await Promise.all([a.update(experiment()), b.update(experiment())]);
    const engine = engines.engines[0];
    process.kill(engine.pid!, 'SIGSEGV');
    await until(() => a.status.kind === 'engine-down' && b.status.kind === 'engine-down');
    await a.restart();
    assert.deepEqual([a.status.kind, b.status.kind], ['idle', 'idle'], 'all that b shows was computed before');
    const { pid } = engine;
    await b.restart();
    assert.deepEqual([b.status.kind, engine.pid], ['idle', pid], "a's process goes on");
    for (const one of [a, b]) one.dispose();
  });

  it('goes on by itself in a new process when another editor had the engine ended', async () => {
    const { live, sent } = session(engines);
    const run = live.update(experiment({ method: 'full' }));
    await until(() => sent.some((message) => message.type === 'curve-part'));
    engines.engines[0].restart();
    await run;
    assert.equal(live.status.kind, 'idle', JSON.stringify(live.status));
    assert.ok(live.shown.curves.every((curve) => curve !== null));
    live.dispose();
  });

  it('is idle once the question became a data set, also in the middle of a run', async () => {
    const { live, sent } = session(engines);
    void live.update(experiment({ method: 'full' }));
    await until(() => sent.some((message) => message.type === 'curve-part'));
    const images = path.join(root, 'examples/images');
    const csv = path.join(root, 'examples/shapes_ChooseAttr.csv');
    await live.update(
      experiment({
        image: undefined,
        question: undefined,
        answer: undefined,
        options: undefined,
        dataset: { csv, images },
      }),
    );
    assert.equal(live.status.kind, 'idle');
    live.dispose();
  });

  it('answers questions about rows, also from a process that has just been started', async () => {
    const { live } = session(engines);
    await live.update(experiment());
    const { example, model } = live.shown;
    const last = example!.tokens.length - 1;
    const heads = await live.ask('attention', { rows: [last], mean: false });
    const mean = await live.ask('attention', { rows: [last], mean: true });
    assert.deepEqual([heads.heads, mean.heads, mean.values.length], [model!.heads, 1, model!.layers * (last + 1)]);
    const plane = last + 1;
    for (let column = 0; column < plane; column++) {
      let sum = 0;
      for (let head = 0; head < heads.heads; head++) sum += heads.values[head * plane + column];
      assert.ok(Math.abs(sum / heads.heads - mean.values[column]) < 1e-6);
    }
    const lens = await live.ask('tokenLens', { row: last });
    assert.deepEqual(lens, live.shown.lens?.top, "the last row's words are the lens's own");
    engines.engines[0].restart();
    const again = await live.ask('attention', { rows: [last], mean: false });
    assert.deepEqual(again.values, heads.values);
    live.dispose();
  });

  it('checks with progress of both ways, waits for a run, and can be cancelled as one', async () => {
    const { live, sent } = session(engines);
    void live.update(experiment());
    const { knockouts } = experiment();
    const whats = new Set<string>();
    const check = await live.check(knockouts, { progress: ({ what }) => whats.add(what) });
    assert.ok(check.passed, `largest difference ${check.largestDifference}`);
    assert.ok(whats.has('Check: full passes'), [...whats].join());
    assert.ok(live.shown.curves.every((curve) => curve !== null));
    assert.equal(live.status.kind, 'idle');
    const many = Array.from({ length: 10 }, () => knockouts).flat();
    const busy = (): boolean => {
      const { status } = live;
      return status.kind === 'busy' && status.what === 'Check: full passes' && status.secondsLeft !== undefined;
    };
    const second = live.check(many);
    await until(busy);
    live.cancel();
    await assert.rejects(second, { kind: 'cancelled' });
    assert.equal(live.status.kind, 'idle', 'all that is shown stands');
    const third = live.check(many);
    await until(busy);
    sent.length = 0;
    await live.update(experiment({ knockouts: ['Question->Last'] }));
    await assert.rejects(third, { kind: 'cancelled' });
    assert.deepEqual([live.status.kind, live.shown.curves.length], ['idle', 1], 'a change of the text ends it');
    live.dispose();
  });

  it('leaves a question behind that nobody waits for any more', async () => {
    const { live } = session(engines);
    await live.update(experiment());
    const { pid } = engines.engines[0];
    const abort = new AbortController();
    const lens = live.ask('tokenLens', { row: 3 }, abort.signal);
    abort.abort();
    await assert.rejects(lens, { kind: 'cancelled' });
    assert.equal((await live.ask('tokenLens', { row: 3 })).length, live.shown.model!.layers + 1);
    assert.equal(engines.engines[0].pid, pid);
    live.dispose();
  });

  it('reports what is wrong and takes the next text as if nothing had been', async () => {
    const { live } = session(engines);
    await live.update(experiment({ image: 'package.json' }));
    assert.ok(live.status.kind === 'error' && /\/package\.json/.test(live.status.message), 'by its name');
    assert.equal(live.error?.kind, 'usage');
    await live.update(experiment());
    assert.equal(live.status.kind, 'idle');
    assert.equal(live.error, undefined);
    live.dispose();
  });

  it('shares one engine per model, and lets it go when the last leaves', async () => {
    const quick = pool(20);
    const one = session(quick);
    const two = session(quick);
    await Promise.all([
      one.live.update(experiment()),
      two.live.update(experiment({ question: 'Is the white shape a star or a circle?' })),
    ]);
    assert.equal(quick.engines.length, 1);
    const pid = quick.engines[0].pid!;
    one.live.dispose();
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(quick.engines.length, 1, 'one still shows it');
    two.live.dispose();
    while (quick.engines.length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    quick.dispose();
  });

  it('ends with its parent, and refuses a model that is not there', async () => {
    const lease = await engines.lease(`${modelFolder}-missing`, {});
    await assert.rejects(lease.engine.open(), { kind: 'usage' });
    assert.equal(lease.engine.state.kind, 'stopped');
    lease.release();
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
