import assert from 'node:assert/strict';
import { TextHistory } from '../../src/host/history';

describe('the states of a text, for undo and redo from the panel', () => {
  /** The panel's own step: the edit that follows makes the text so, and is recorded as any other. */
  function step(history: TextHistory, way: 'undo' | 'redo'): string | undefined {
    const text = history.step(way);
    if (text !== undefined) history.record(text, 'edit');
    return text;
  }
  function clicked(): TextHistory {
    const history = new TextHistory('0');
    for (const text of ['1', '2', '3']) history.record(text, 'edit');
    return history;
  }

  it('goes through every step, both ways, and stops at both ends', () => {
    const history = clicked();
    const back = Array.from({ length: 4 }, () => step(history, 'undo'));
    assert.deepEqual(back, ['2', '1', '0', undefined]);
    const forth = Array.from({ length: 4 }, () => step(history, 'redo'));
    assert.deepEqual(forth, ['1', '2', '3', undefined]);
  });
  it('an edit after an undo takes the place of what was undone', () => {
    const history = clicked();
    step(history, 'undo');
    history.record('x', 'edit');
    assert.equal(step(history, 'redo'), undefined);
    assert.equal(step(history, 'undo'), '2');
  });
  it('keys that follow each other are one step, a pause or another edit begins the next', () => {
    const history = new TextHistory('');
    history.record('a', 'key', 0);
    history.record('ab', 'key', 300);
    history.record('abc', 'key', 5000);
    history.record('abc!', 'edit', 5100);
    history.record('abc!d', 'key', 5200);
    assert.deepEqual(
      Array.from({ length: 5 }, () => step(history, 'undo')),
      ['abc!', 'abc', 'ab', '', undefined],
    );
  });
  it("follows the editor's own undo and redo in the text", () => {
    const history = clicked();
    history.record('2', 'undo');
    history.record('1', 'undo');
    assert.equal(step(history, 'redo'), '2');
    // The editor undoes the edit that the panel's step made.
    history.record('1', 'undo');
    assert.equal(step(history, 'undo'), '0');
    history.record('1', 'undo');
    assert.equal(step(history, 'redo'), '2');
  });
  it('an undo to a state that nobody has seen is a step of its own', () => {
    const history = clicked();
    history.record('else', 'undo');
    assert.equal(step(history, 'undo'), '3');
  });
  it('keeps a bounded number of states, the newest', () => {
    const history = new TextHistory('0');
    for (let n = 1; n <= 2000; n++) history.record(String(n), 'edit');
    let steps = 0;
    while (step(history, 'undo') !== undefined) steps++;
    assert.equal(steps, 499);
  });
});
