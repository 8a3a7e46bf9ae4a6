import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CrossflowError } from '../../src/core/errors';
import { Planning } from '../../src/host/live/planning';
import type { HostToPanel } from '../../src/protocol/panel';
import { engineEntry, experiment, modelFolder } from './support';

type PlanMessage = Extract<HostToPanel, { type: 'plan' }>;

describe('planning in a process of its own', () => {
  const sent: PlanMessage[] = [];
  const errors: CrossflowError[] = [];
  let planning: Planning;
  beforeEach(() => {
    sent.length = errors.length = 0;
    planning = new Planning({
      hooks: { ...engineEntry, log: () => undefined },
      send: (message) => message.type === 'plan' && void sent.push(message),
      failed: (error) => void errors.push(error),
    });
  });
  afterEach(() => planning.stop());

  it('sizes come first, then times; a changed text needs no new measuring', async () => {
    await planning.start(modelFolder, { threads: 1 }, experiment());
    assert.deepEqual(
      sent.map(({ plan, measuring }) => [plan?.knockouts, plan?.time !== undefined, measuring]),
      [
        [2, false, true],
        [2, true, false],
      ],
    );
    assert.ok(planning.active);
    await planning.start(modelFolder, { threads: 1 }, experiment({ knockouts: ['Question->Last'] }));
    const [first, second] = [sent[1].plan!, sent.at(-1)!.plan!];
    assert.equal(second.knockouts, 1);
    assert.equal(second.time!.load, first.time!.load, 'the same layers');
    assert.ok(second.time!.question.knockouts < first.time!.question.knockouts);
  });

  it('a newer text takes the place of an older one', async () => {
    const older = planning.start(modelFolder, { threads: 1 }, experiment());
    await planning.start(modelFolder, { threads: 1 }, experiment({ knockouts: [] }));
    await older;
    assert.ok(sent.every(({ plan }) => plan?.knockouts === 0));
    assert.equal(sent.length, 2);
  });

  it('a run ends it: the plan goes, and nothing comes after', async () => {
    const asked = planning.start(modelFolder, { threads: 1 }, experiment());
    while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    planning.stop();
    await asked;
    assert.deepEqual(sent.at(-1), { type: 'plan', plan: null, measuring: false });
    assert.deepEqual([planning.active, errors.length], [false, 0]);
    const count = sent.length;
    planning.replay();
    assert.equal(sent.length, count);
  });

  it('a panel that comes up again sees the last plan', async () => {
    await planning.start(modelFolder, { threads: 1 }, experiment());
    planning.replay();
    assert.deepEqual(sent.at(-1), sent.at(-2));
  });

  it('what is wrong is said once, and no process stays', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'crossflow-planning-'));
    try {
      await planning.start(folder, {}, experiment());
      assert.deepEqual([errors.length, errors[0]?.kind, planning.active], [1, 'usage', false]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
