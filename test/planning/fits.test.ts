import assert from 'node:assert/strict';
import * as path from 'node:path';
import type { DecoderCall } from '../../src/core/engine/decoder';
import { fittingBudget } from '../../src/core/planning/fits';
import { memoryForThisProcess } from '../../src/core/planning/memory';
import { type OpenModel, openModel } from '../../src/core/engine/model';
import type { MachineMemory } from '../../src/core/planning/plan-types';
import { DEFAULT_INSTRUCTION, type Knockout } from '../../src/core/experiment/types';
import { repositoryRoot } from '../support/golden';

const MIB = 1024 ** 2;

describe('what is asked of a loaded model', () => {
  let model: OpenModel;
  const calls: DecoderCall[] = [];
  const question = {
    image: path.join(repositoryRoot, 'examples/images/2300034.jpg'),
    template: 'vicuna_v1' as const,
    instruction: DEFAULT_INSTRUCTION,
    question: 'What is the white shape, a circle or a star?',
    sets: {},
  };
  before(async () => {
    model = await openModel(path.join(repositoryRoot, 'models/shapes-llava'));
    const run = model.parts.decoder.run.bind(model.parts.decoder);
    model.parts.decoder.run = (call) => {
      calls.push(call);
      return run(call);
    };
  });
  after(() => model.close());

  const room = (available: number): MachineMemory => ({
    total: 64 * 1024 * MIB,
    available,
    limited: false,
    reliable: true,
  });

  it('is refused where even its least chunk does not fit, and gets a smaller budget where that helps', async () => {
    const example = await model.prepare(question);
    const knockouts: Knockout[] = [{ kind: 'edge', from: 'System', to: 'end', window: 3 }];
    // As long as a picture in tiles makes it.
    const tokens = Array.from({ length: 3000 }, () => example.info.tokens[0]);
    const info = { ...example.info, tokens, sets: { System: [0, 1], end: tokens.map((_, i) => i).slice(-100) } };
    const at = (available: number, method: 'fork' | 'full'): number =>
      fittingBudget(model, { info, knockouts, method }, room(available));
    assert.equal(at(4096 * MIB, 'full'), model.chunkBudget);
    assert.throws(() => at(600 * MIB, 'full'), { kind: 'failed', message: /^this run needs \d+ MiB of memory/ });
    const budgets: number[] = [];
    for (let mib = 150; mib < 900; mib += 5) {
      try {
        budgets.push(at(mib * MIB, 'fork'));
      } catch {
        // less than the least
      }
    }
    assert.ok(budgets[0] < model.chunkBudget, 'lowered first');
    assert.deepEqual(
      budgets,
      budgets.toSorted((a, b) => a - b),
    );
    example.release();
  });

  it("counts other examples' caches", async () => {
    const example = await model.prepare(question);
    const least = (cacheBytes: number): number => {
      const asked = { info: example.info, knockouts: [], method: 'fork' as const };
      const { spec, chunkBudget } = model;
      for (let mib = 1; ; mib++) {
        try {
          fittingBudget({ spec, chunkBudget, cacheBytes }, asked, room(mib * MIB));
          return mib;
        } catch {
          // not yet
        }
      }
    };
    assert.ok(least(500 * MIB) > least(0) + 400);
    example.release();
  });

  it('may use what this process holds already', () => {
    const machine = room(100 * MIB);
    assert.equal(memoryForThisProcess(machine, 50 * MIB).available, 150 * MIB);
    if (process.platform === 'linux') assert.ok(memoryForThisProcess(machine).available > 120 * MIB);
  });

  it('takes fewer rows of attention at a time where the budget is small, and the same comes out', async () => {
    const example = await model.prepare(question);
    const rows = Array.from({ length: 30 }, (_, i) => 131 + i);
    const all = await example.attention(rows);
    calls.length = 0;
    (model.parts as { chunkBudget: number }).chunkBudget = MIB / 2;
    const mean = await example.attention(rows, { mean: true });
    (model.parts as { chunkBudget: number }).chunkBudget = 1024 * MIB;
    assert.ok(calls.length > 1 && calls.every((call) => call.rows < rows.length), `${calls.length} calls`);
    assert.deepEqual([mean.heads, mean.values.length], [1, all.values.length / all.heads]);
    const plane = rows.length * all.columns;
    mean.values.forEach((value, at) => {
      const layer = Math.floor(at / plane);
      let sum = 0;
      for (let h = 0; h < all.heads; h++) sum += all.values[(layer * all.heads + h) * plane + (at % plane)];
      assert.ok(Math.abs(value - sum / all.heads) < 1e-6);
    });
    example.release();
  });
});
