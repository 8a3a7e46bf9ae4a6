import assert from 'node:assert/strict';
import * as path from 'node:path';
import fc from 'fast-check';
import { openCheckpoint } from '../../src/core/families';
import type { ModelSpec } from '../../src/core/spec';
import { chunksOf } from '../../src/core/engine/chunks';
import type { DecoderCall } from '../../src/core/engine/decoder';
import { secondsOf, totalOf } from '../../src/core/planning/estimate';
import { heldWeights } from '../../src/core/planning/held';
import { machineMemory } from '../../src/core/planning/memory';
import type { Times } from '../../src/core/planning/measure';
import { type OpenModel, openModel } from '../../src/core/engine/model';
import { memoryPlan } from '../../src/core/planning/plan';
import type { MachineMemory } from '../../src/core/planning/plan-types';
import { Planner } from '../../src/core/planning/planner';
import { verdictOf } from '../../src/core/planning/verdict';
import { type Call, type Work, workOf } from '../../src/core/planning/work';
import { DEFAULT_INSTRUCTION, type Knockout, type QuestionInput } from '../../src/core/experiment/types';
import { loadGolden, repositoryRoot } from '../support/golden';

/** One input of the embedded model's tower. */
const VIEW = { width: 140, height: 140 };
const MODEL = path.join(repositoryRoot, 'models/shapes-llava');
const GIB = 1024 ** 3;
const MACHINE: MachineMemory = { total: 64 * GIB, available: 48 * GIB, limited: false, reliable: true };
const question: QuestionInput = {
  image: path.join(repositoryRoot, 'examples/images/2300034.jpg'),
  template: 'vicuna_v1',
  instruction: DEFAULT_INSTRUCTION,
  question: 'What is the white shape, a circle or a star?',
  answer: 'star',
  options: ['star', 'circle'],
  objects: [[128, 192, 116, 119]],
  sets: { clicked: { kind: 'patches', patches: [44, 45, 54] } },
};

describe('a plan counts what a run does', () => {
  let model: OpenModel;
  const calls: Call[] = [];
  before(async () => {
    model = await openModel(MODEL);
    const { decoder } = model.parts;
    const run = decoder.run.bind(decoder);
    decoder.run = (call: DecoderCall) => {
      calls.push(counted(call, decoder.spec.hidden));
      return run(call);
    };
  });
  after(() => model.close());

  /** The groups of each layer, read off what the graph is given. */
  function counted({ past, rows, layers }: DecoderCall, hidden: number): Call {
    let live = 0;
    const groups = layers.map(({ enter, keep }, l) => {
      live = (l === 0 ? 0 : keep ? keep.length : live) + (enter?.length ?? 0) / hidden;
      return live / rows;
    });
    return { past, rows, groups, headRows: 0 };
  }
  const bare = (list: readonly Call[]): Omit<Call, 'headRows'>[] =>
    list.map(({ past, rows, groups }) => ({ past, rows, groups }));

  async function both(
    knockouts: readonly Knockout[],
    budget: number,
    method: 'fork' | 'full',
  ): Promise<[Work, Call[]]> {
    const example = await model.prepare(question);
    const { info } = example;
    const spec = model.spec.decoder;
    const work = workOf({
      spec,
      ...info,
      tokens: info.tokens.length,
      views: 1,
      view: VIEW,
      knockouts,
      window: 3,
      budget,
      method,
    });
    (model.parts as { chunkBudget: number }).chunkBudget = budget;
    await example.clean();
    calls.length = 0;
    await example.knockouts(knockouts, { method });
    example.release();
    return [work, [...calls]];
  }

  it('knockouts, call by call and group by group', async () => {
    const set = fc.constantFrom(
      'Last',
      'Question',
      'Image',
      'clicked',
      'System',
      'Instruction',
      'Image Central Object',
    );
    const window = fc.integer({ min: 1, max: 12 });
    const edge = fc
      .record({ from: set, to: set, window, heads: fc.option(fc.constant([0, 2]), { nil: undefined }) })
      .map(({ heads, ...e }): Knockout => ({ kind: 'edge', ...e, ...(heads && { heads }) }));
    const other = fc.oneof(
      fc.record({ kind: fc.constantFrom('attention' as const, 'mlp' as const), of: set, window }),
      fc.record({ kind: fc.constant('prune' as const), of: set.filter((name) => name !== 'Last') }),
    );
    const budget = fc.integer({ min: 18, max: 30 }).map((bits) => 2 ** bits);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(edge, other), { minLength: 1, maxLength: 4 }), budget, async (list, bytes) => {
        const [work, run] = await both(list, bytes, 'fork');
        assert.deepEqual(bare(work.knockoutCalls), bare(run));
      }),
      { numRuns: 15 },
    );
  });

  it('full passes', async () => {
    const [work, run] = await both([{ kind: 'edge', from: 'Image', to: 'Last', window: 3 }], GIB, 'full');
    assert.equal(run.length, 10);
    assert.deepEqual(bare(work.knockoutCalls), bare(run));
  });

  it('the clean run: picture, question, answer', async () => {
    // Small enough for several calls.
    const budget = 200_000;
    const [work] = await both([], budget, 'fork');
    const other = await openModel(MODEL, { chunkBudget: budget });
    try {
      const { decoder } = other.parts;
      const seen: Call[] = [];
      const run = decoder.run.bind(decoder);
      decoder.run = (call: DecoderCall) => {
        seen.push(counted(call, decoder.spec.hidden));
        return run(call);
      };
      await (await other.prepare(question)).clean();
      const answer = seen.filter((call) => call.past >= work.tokens);
      const planned = [...work.prefixCalls, ...work.textCalls].filter((call) => call.past < work.tokens);
      assert.ok(planned.length > 4);
      assert.deepEqual(bare(planned), bare(seen.filter((call) => call.past < work.tokens)));
      assert.ok(answer.length <= work.textCalls.filter((call) => call.past >= work.tokens).length);
    } finally {
      await other.close();
    }
  });

  it('a click is an edge from the picture to the question', async () => {
    const [work] = await both([], GIB, 'fork');
    const [, run] = await both([{ kind: 'edge', from: 'clicked', to: 'Question', window: 3 }], GIB, 'fork');
    assert.deepEqual(bare(work.clickCalls), bare(run));
  });

  it('no chunk is larger than its budget, unless one group alone is', () => {
    const spec = { ...model.spec.decoder, layers: 10 };
    const effects = [{ targets: [140], sources: [40], first: 140 }];
    const points = Array.from({ length: 10 }, (_, layer) => ({ effect: 0, layer, start: layer, end: 10 }));
    for (const budget of [1, 3e6, 1e9]) {
      const chunks = chunksOf(points, effects, spec, budget, 160);
      assert.equal(chunks.flatMap((c) => c.points).length, 10);
      const groups = Math.max(...chunks.flatMap((c) => c.plan.layers.map((l) => l.length)));
      assert.ok(groups === 1 || groups * 20 * 4 * (3 * 4 * 160 + 8 * 128 + 3 * 352) <= budget);
    }
  });
});

describe('a plan of the embedded model', () => {
  const subject = {
    questions: [question],
    knockouts: [{ kind: 'edge' as const, from: 'Image', to: 'Question', window: 3 }],
    window: 3,
    method: 'fork' as const,
  };

  it('has sizes without measuring, and times with it', async () => {
    const planner = await Planner.open(MODEL, { threads: 1 });
    const bare = await planner.run(subject, { measure: false, machine: MACHINE });
    assert.equal(bare.time, undefined);
    assert.deepEqual(
      [bare.of, bare.device, bare.tokens, bare.imageTokens],
      ['question', 'cpu', [161, 161], [100, 100]],
    );
    assert.deepEqual([bare.knockouts, bare.variants, bare.verdict.kind], [1, 10, 'fits']);
    const { time } = await planner.run(subject, { measure: true, machine: MACHINE });
    const { question: q, total, load, read } = time!;
    for (const seconds of [q.image, q.prefix, q.question, q.knockouts, q.click, load]) {
      assert.ok(Number.isFinite(seconds) && seconds > 0);
    }
    assert.ok(Math.abs(total - (load + read + totalOf(q))) < 1e-9);
  });

  it('says what a real example holds in its caches', async () => {
    const plan = await (await Planner.open(MODEL, {})).run(subject, { measure: false, machine: MACHINE });
    const model = await openModel(MODEL);
    try {
      const example = await model.prepare(question);
      await example.clean();
      assert.equal(plan.memory.caches, model.cacheBytes);
    } finally {
      await model.close();
    }
  });

  it('of many questions counts the pictures once each, and leaves out knockouts whose sets are absent', async () => {
    const planner = await Planner.open(MODEL, { threads: 1 });
    const knockouts = [...subject.knockouts, { kind: 'edge' as const, from: 'True Option', to: 'Last', window: 3 }];
    const { options: _, ...plain } = question;
    const questions = [{ ...plain, question: 'What colour is the star?' }, question];
    await assert.rejects(planner.run({ ...subject, questions: [questions[0]], knockouts }, { measure: false }), {
      kind: 'usage',
    });
    const many = { questions: 1000, images: 10 };
    const plan = await planner.run({ ...subject, questions, knockouts, many }, { measure: true, machine: MACHINE });
    assert.deepEqual([plan.of, plan.questions, plan.images], ['dataset', 1000, 10]);
    const { total, load, read, question: q } = plan.time!;
    const picture = q.image + q.prefix;
    const want = load + read + 10 * picture + 1000 * (q.question + q.lens + q.knockouts);
    assert.ok(Math.abs(total - want) < 1e-6 * want);
    // A new picture's cache stands beside the last one's.
    const one = await planner.run({ ...subject, many: { questions: 9, images: 1 } }, { measure: false });
    const two = await planner.run({ ...subject, many: { questions: 9, images: 2 } }, { measure: false });
    assert.equal(two.memory.caches, 2 * one.memory.caches);
  });

  it('of the checkpoint alone asks as the study does', async () => {
    const plan = await (await Planner.open(MODEL, {})).checkpoint({ measure: false, machine: MACHINE });
    assert.deepEqual([plan.of, plan.tokens, plan.knockouts], ['checkpoint', [165, 165], 6]);
    const next = await Planner.open(loadGolden('llava-next-vicuna').modelDir, {});
    const [least, most] = (await next.checkpoint({ measure: false, machine: MACHINE })).imageTokens;
    assert.ok(least < most);
  });

  it('stops when it is told to', async () => {
    const planner = await Planner.open(MODEL, { threads: 1 });
    const control = { signal: AbortSignal.abort() };
    await assert.rejects(planner.run(subject, { measure: true, control }), { kind: 'cancelled' });
  });
});

describe('whether a run fits', () => {
  let spec: ModelSpec;
  before(async () => (spec = await openCheckpoint(MODEL)));
  const works = (budget: number): Work[] => [
    workOf({
      spec: spec.decoder,
      tokens: 1000,
      imageStart: 30,
      imageTokens: 900,
      views: 1,
      view: VIEW,
      sets: { Image: Array.from({ length: 900 }, (_, i) => 30 + i), Last: [999], Question: [940, 941] },
      knockouts: [
        { kind: 'edge', from: 'Image', to: 'Question', window: 9 },
        { kind: 'edge', from: 'Image', to: 'Last', window: 9 },
      ],
      window: 9,
      budget,
      method: 'fork',
    }),
  ];
  const at = (available: number, change: Partial<MachineMemory> = {}) => {
    const machine = { ...MACHINE, available, ...change };
    return (budget: number) => memoryPlan(spec, works(budget), GIB, budget, 1, machine);
  };

  it('lowers the chunk budget to what fits, and no further', () => {
    const { peak, leastPeak } = at(GIB)(GIB);
    assert.ok(leastPeak < peak);
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 1.5, noNaN: true }), (share) => {
        const memory = at(share * peak);
        const verdict = verdictOf(memory, GIB, spec);
        const room = 0.95 * share * peak;
        if (verdict.kind === 'fits') assert.ok(peak <= room);
        else if (verdict.kind === 'lowered') {
          assert.ok(peak > room && memory(verdict.budget).peak <= room && verdict.budget < GIB);
          assert.ok(memory(verdict.budget + 2 * 1024 ** 2).peak > room, 'the largest that fits');
        } else assert.ok(memory(16 * 1024 ** 2).peak > room);
      }),
    );
  });

  it('refuses with what would help', () => {
    const verdict = verdictOf(at(50 * 1024 ** 2), GIB, spec);
    assert.ok(verdict.kind === 'refused');
    assert.match(
      verdict.message,
      /^this run needs \d+ MiB of memory \(.* weights, .* caches, .*\); this machine has 64 GiB, 50 MiB of it free$/,
    );
    assert.match(verdict.hint, /close other programs; or a machine with \d+ MiB free$/);
    const inside = verdictOf(at(50 * 1024 ** 2, { total: 100 * 1024 ** 2, limited: true }), GIB, spec);
    assert.ok(inside.kind === 'refused');
    assert.match(inside.message, /this process may use 100 MiB/);
    assert.ok(!inside.hint.includes('close other programs'));
  });

  it('counts on the whole memory where the free part is not known', () => {
    const verdict = verdictOf(at(50 * 1024 ** 2, { reliable: false }), GIB, spec);
    assert.equal(verdict.kind, 'fits');
    assert.match(verdict.notes.join(), /only 50 MiB of memory are free just now/);
  });

  it('never refuses for weights in mapped files, but says that it will be slow', () => {
    const f32 = (ref: unknown): unknown =>
      Array.isArray(ref)
        ? ref.map(f32)
        : ref !== null && typeof ref === 'object'
          ? Object.fromEntries(
              Object.entries(ref).map(([key, value]) =>
                key === 'dtype' ? [key, 'f32'] : key === 'length' ? [key, 2000 * (value as number)] : [key, f32(value)],
              ),
            )
          : ref;
    const large = { ...(f32(spec) as ModelSpec), files: [{ path: 'a', bytes: 2000 * GIB }] };
    const held = heldWeights(large);
    assert.deepEqual([held.how, held.anonymous, held.working], ['mapped', 0, 0]);
    const memory = (budget: number) =>
      memoryPlan(large, works(budget), GIB, budget, 1, { ...MACHINE, available: 2 * GIB });
    const verdict = verdictOf(memory, GIB, large);
    assert.notEqual(verdict.kind, 'refused');
    assert.match(verdict.notes.join(), /read from the disk again and again/);
  });

  it('weights of 16 bits cost more when they are copied, and widen where they are mapped', () => {
    const copied = heldWeights(spec, false);
    const mapped = heldWeights(spec, true);
    // f16 weights of the layers, the tower and the output matrix; the embedding is not held.
    const stored = mapped.mapped;
    assert.equal(copied.anonymous, 5 * stored);
    assert.ok(mapped.anonymous < 2 * stored && mapped.working > 0);
  });
});

describe('the memory there is', () => {
  const sources = { total: 16 * GIB, free: 10 * GIB, limit: 0, used: undefined, platform: 'linux' as const };
  it('without a limit is what is free', () => {
    assert.deepEqual(machineMemory(sources), { total: 16 * GIB, available: 10 * GIB, limited: false, reliable: true });
    // What Node says where no limit is set.
    assert.equal(machineMemory({ ...sources, limit: 2 ** 64 }).limited, false);
  });
  it('inside a limit is what its group has left, at most what is free', () => {
    const limited = { ...sources, limit: 4 * GIB, used: GIB };
    assert.deepEqual(machineMemory(limited), { total: 4 * GIB, available: 3 * GIB, limited: true, reliable: true });
    assert.equal(machineMemory({ ...limited, free: 2 * GIB }).available, 2 * GIB);
    assert.equal(machineMemory({ ...limited, used: undefined }).reliable, false);
  });
  it('is not known well on macOS', () => {
    assert.equal(machineMemory({ ...sources, platform: 'darwin' }).reliable, false);
  });
  it('of this machine is something', () => {
    const { total, available } = machineMemory();
    assert.ok(available > 0 && available <= total);
  });
});

describe('times from measured layers', () => {
  const work = (knockouts: readonly Call[]): Work => ({
    tokens: 100,
    prefix: 80,
    views: 5,
    view: { width: 10, height: 20 },
    leastRows: 1,
    prefixCalls: [{ past: 0, rows: 80, groups: [1, 1, 1], headRows: 0 }],
    textCalls: [{ past: 80, rows: 20, groups: [1, 1, 1], headRows: 1 }],
    lensRows: 8,
    knockoutCalls: knockouts,
    full: false,
    clickCalls: [],
    chunkBytes: 0,
    leastBytes: 0,
  });
  const times: Times = {
    single: [{ past: 0, rows: 80, fixed: 1, perRow: 0.5 }],
    forked: [
      { past: 99, rows: 1, fixed: 10, perRow: 1 },
      { past: 80, rows: 20, fixed: 100, perRow: 2 },
    ],
    head: { fixed: 0.25, perRow: 0.125 },
    pixel: 3 / 200,
    load: 7,
    read: 0,
  };
  it('add up layer by layer; the last layer costs a quarter of its rows', () => {
    const s = secondsOf(work([]), times);
    assert.deepEqual([s.image, s.lens, s.knockouts], [15, 1.25, 0]);
    assert.equal(s.prefix, 3 * 1 + 80 * 0.5 * 2.25);
    assert.equal(s.question, 3 * 1 + 20 * 0.5 * 2.25 + 0.375);
  });
  it('take the line of the most similar rows, and nothing for layers without rows', () => {
    const s = secondsOf(work([{ past: 99, rows: 1, groups: [0, 2, 4], headRows: 2 }]), times);
    assert.equal(s.knockouts, 2 * 10 + 2 + 4 * 0.25 + 0.5);
    assert.equal(
      secondsOf(work([{ past: 82, rows: 18, groups: [1, 0, 0], headRows: 1 }]), times).knockouts,
      100 + 36 + 0.375,
    );
  });
});
