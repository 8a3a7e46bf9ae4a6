import assert from 'node:assert/strict';
import type { Memento } from 'vscode';
import { Interrupted } from '../../src/host/interrupted';

describe('runs that end with their window', () => {
  /** What the editor keeps for a workspace, as JSON like there. */
  const memento = () => {
    const kept = new Map<string, string>();
    return {
      get: ((key: string) => {
        const text = kept.get(key);
        return text === undefined ? undefined : (JSON.parse(text) as unknown);
      }) as Memento['get'],
      update: async (key: string, value: unknown): Promise<void> => {
        if (value === undefined) kept.delete(key);
        else kept.set(key, JSON.stringify(value));
      },
    };
  };
  const [a, b] = ['file:///a.flow.json', 'file:///b.study.json'];

  it('are told by the next window, once', async () => {
    const memory = memento();
    const window = new Interrupted(memory);
    await window.began(a, 'dataset');
    await window.began(b, 'study');
    await window.ended(a);
    // The engines end with the window, and so do their runs.
    window.close();
    await window.ended(b);
    const next = new Interrupted(memory);
    assert.deepEqual(await next.take(), [{ uri: b, kind: 'study' }]);
    assert.deepEqual(await next.take(), []);
  });

  it('are none where every run came to its end', async () => {
    const memory = memento();
    const window = new Interrupted(memory);
    await window.began(a, 'dataset');
    await window.began(a, 'dataset');
    await window.ended(a);
    window.close();
    assert.deepEqual(await new Interrupted(memory).take(), []);
  });
});
