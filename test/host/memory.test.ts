import assert from 'node:assert/strict';
import type { MemoryReport } from '../../src/protocol/engine';
import type { EngineState } from '../../src/host/engine/engine';
import { EngineMemory } from '../../src/host/engine/memory';

describe('what engines take, for the status bar', () => {
  it('is asked once at a time and shown as it was last said, for one process alone', async () => {
    const asked: ((report: MemoryReport | undefined) => void)[] = [];
    const engine = {
      state: { kind: 'running' } as EngineState,
      generation: 1,
      memory: () => new Promise<MemoryReport | undefined>((resolve) => void asked.push(resolve)),
    };
    const memory = new EngineMemory();
    let arrived = 0;
    const ask = (): void => memory.ask(engine, () => arrived++);
    const answer = async (report: MemoryReport | undefined): Promise<void> => {
      asked.at(-1)!(report);
      await new Promise((resolve) => setImmediate(resolve));
    };
    ask();
    ask();
    assert.equal(asked.length, 1, 'an engine at work is not asked again and again');
    assert.equal(memory.last(engine), undefined);
    await answer({ resident: 1, caches: 2 });
    assert.deepEqual([memory.last(engine), arrived], [{ resident: 1, caches: 2 }, 1]);
    ask();
    assert.deepEqual(memory.last(engine), { resident: 1, caches: 2 }, 'while the next answer is on its way');
    engine.state = { kind: 'down', message: 'gone' };
    await answer(undefined);
    assert.deepEqual([memory.last(engine), arrived], [undefined, 1]);
    engine.state = { kind: 'running' };
    engine.generation = 2;
    assert.equal(memory.last(engine), undefined, 'a new process has not said yet');
  });
});
