/** A clean run goes through the layers in several calls: no digit moves, it says how far it is, and goes on where it stopped. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Parts } from '../../src/core/engine/parts';
import { Positions } from '../../src/core/engine/positions';
import { type CleanRun, Sequence } from '../../src/core/engine/sequence';
import { Sight } from '../../src/core/engine/sight';
import type { Progress } from '../../src/core/engine/types';
import { decoderParts } from '../support/parts';
import { random, writeDecoder } from '../support/synthetic';

const LAYERS = 7;
const PREFIX = 60;
const TEXT = 20;

describe('a clean run in several calls', () => {
  let folder: string;
  let parts: Parts;
  /** Pictures that were encoded. */
  let encoded = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossflow-passage-'));
    const shape = { layers: LAYERS, hidden: 64, heads: 4, kvHeads: 2, intermediate: 96, vocab: 50 };
    const spec = await writeDecoder(folder, shape);
    // Rows of a call are few, so that the picture takes more than one block.
    parts = await decoderParts(spec, { threads: 1, chunkBudget: 3 * 4 * 4 * (PREFIX + TEXT) * 40 }, true);
  });
  after(async () => {
    await parts.close();
    await rm(folder, { recursive: true });
  });

  /** All pictures look the same, so that results can be compared. */
  function ask(picture: string, question = 1): Sequence {
    const { hidden } = parts.decoder.spec;
    const rows = (seed: number, count: number): Float32Array => {
      const next = random(seed);
      return Float32Array.from({ length: count * hidden }, () => (next() - 0.5) * 3);
    };
    return new Sequence(parts, {
      length: PREFIX + TEXT,
      prefix: PREFIX,
      prefixKey: picture,
      prefixRows: async () => {
        encoded++;
        return { rows: rows(9, PREFIX) };
      },
      textRows: async () => ({ rows: rows(question, TEXT) }),
      sight: new Sight(),
      positions: new Positions(),
    });
  }

  const same = (a: CleanRun, b: CleanRun): void => {
    assert.deepEqual(a.final, b.final);
    assert.deepEqual([a.ids, a.probability, a.top], [b.ids, b.probability, b.top]);
    for (let l = 0; l < LAYERS; l++) {
      const rows = (run: CleanRun): Float32Array => run.cache.residualRows(l, 0, PREFIX + TEXT);
      assert.deepEqual(rows(a), rows(b), `residuals of layer ${l}`);
      assert.deepEqual(a.cache.keys[l], b.cache.keys[l], `keys of layer ${l}`);
      assert.deepEqual(a.cache.values[l], b.cache.values[l], `values of layer ${l}`);
    }
  };

  it('gives to the last bit what one call gives, and reports every layer', async () => {
    const whole = ask('whole');
    const calls: Progress[] = [];
    const want = await whole.clean({ callSeconds: Infinity, progress: (p) => calls.push(p) });
    const cut = ask('cut');
    const seen: Progress[] = [];
    same(await cut.clean({ callSeconds: 0, progress: (p) => seen.push(p) }), want);
    // The picture in two blocks and the text in one, each layer a call.
    const steps = seen.filter((p) => p.phase === 'clean');
    assert.equal(calls.filter((p) => p.phase === 'clean').length, 1 + 3);
    assert.equal(steps.length, 1 + 3 * LAYERS);
    assert.equal(steps[0].done, 0);
    steps.slice(1).forEach((p, i) => assert.ok(p.done > steps[i].done, `step ${i + 1} is not ahead of the one before`));
    assert.ok(steps.every((p) => p.total === steps[0].total));
    assert.equal(steps.at(-1)!.done, steps[0].total);
    assert.deepEqual(seen[0], { phase: 'image', done: 0, total: 1 });
    whole.release();
    cut.release();
  });

  it('leaves its picture to the next question when it is stopped halfway', async () => {
    const other = ask('another picture', 2);
    const want = await other.clean();
    other.release();
    const stopped = ask('picture', 1);
    const stop = new AbortController();
    const before: Progress[] = [];
    const watch = (p: Progress): void => {
      before.push(p);
      if (p.phase === 'clean' && p.done > p.total / 3) stop.abort();
    };
    encoded = 0;
    await assert.rejects(stopped.clean({ callSeconds: 0, signal: stop.signal, progress: watch }), {
      kind: 'cancelled',
    });
    const done = before.at(-1)!;
    const held = parts.prefixes.bytes;
    stopped.release();
    const next = ask('picture', 2);
    const seen: Progress[] = [];
    same(await next.clean({ callSeconds: 0, progress: (p) => seen.push(p) }), want);
    assert.equal(encoded, 1, 'the picture is encoded once');
    assert.ok(held > 0, 'what is kept counts as memory');
    // Only what was left is counted as work to do.
    assert.equal(seen.find((p) => p.phase === 'clean')!.total, done.total - done.done);
    next.release();
  });

  it('of another picture nothing is kept', async () => {
    const stop = new AbortController();
    const stopped = ask('first', 1);
    const watch = (p: Progress): void => {
      if (p.done > 0) stop.abort();
    };
    await assert.rejects(stopped.clean({ callSeconds: 0, signal: stop.signal, progress: watch }), {
      kind: 'cancelled',
    });
    stopped.release();
    encoded = 0;
    for (const picture of ['second', 'first']) {
      const sequence = ask(picture);
      await sequence.clean();
      sequence.release();
    }
    assert.equal(encoded, 2);
  });
});
