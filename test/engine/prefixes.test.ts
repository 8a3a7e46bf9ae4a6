import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Parts } from '../../src/core/engine/parts';
import { Positions } from '../../src/core/engine/positions';
import { Sequence } from '../../src/core/engine/sequence';
import { Sight } from '../../src/core/engine/sight';
import { decoderParts } from '../support/parts';
import { random, writeDecoder } from '../support/synthetic';

const PREFIX = 12;

describe('the cache of a picture, taken over by its next question', () => {
  let folder: string;
  let parts: Parts;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crossflow-prefixes-'));
    const shape = { layers: 2, hidden: 32, heads: 4, kvHeads: 2, intermediate: 48, vocab: 50 };
    const spec = await writeDecoder(folder, shape);
    parts = await decoderParts(spec, { threads: 1 });
  });
  after(async () => {
    await parts.close();
    await rm(folder, { recursive: true });
  });

  /** A question whose prefix is known by its picture's name; all pictures look the same, so results can be compared. */
  function ask(picture: string, length: number): Sequence {
    const { hidden } = parts.decoder.spec;
    const rows = (seed: number, count: number): Float32Array => {
      const next = random(seed);
      return Float32Array.from({ length: count * hidden }, () => (next() - 0.5) * 3);
    };
    return new Sequence(parts, {
      length,
      prefix: PREFIX,
      prefixKey: picture,
      prefixRows: async () => ({ rows: rows(1, PREFIX) }),
      textRows: async () => ({ rows: rows(length, length - PREFIX) }),
      sight: new Sight(),
      positions: new Positions(),
    });
  }

  it('has one clean run for all who wait: each sees its progress and may leave on its own', async () => {
    const sequence = ask('shared', 40);
    const seen = { first: 0, second: 0 };
    const leave = new AbortController();
    const first = sequence.clean({ progress: () => ++seen.first === 2 && leave.abort() });
    const leaving = sequence.clean({ signal: leave.signal });
    const second = sequence.clean({ progress: () => seen.second++ });
    await assert.rejects(leaving, { kind: 'cancelled' });
    let ended = false;
    void first.then(() => (ended = true));
    assert.equal(ended, false);
    assert.equal(await second, await first);
    assert.ok(seen.second > 0 && seen.first > 2);
    await assert.rejects(ask('cancelled', 40).clean({ signal: AbortSignal.abort() }), { kind: 'cancelled' });
    sequence.release();
  });

  it('is dropped when another picture comes', async () => {
    const first = ask('first', 20);
    await first.clean();
    const { bytes } = parts.prefixes;
    assert.ok(bytes > 0);
    first.release();
    assert.equal(parts.prefixes.bytes, bytes, 'kept for the next question on its picture');
    const other = ask('other', 20);
    let most = 0;
    await other.clean({ progress: () => (most = Math.max(most, parts.prefixes.bytes)) });
    assert.equal(most, bytes, 'never two');
    other.release();
  });

  it('has room for a question that is longer by any number of tokens, and for its answer', async () => {
    for (const more of [112, 113, 127, 128, 129]) {
      const first = ask('one', 20);
      await first.clean();
      first.release();
      const longer = ask('one', 20 + more);
      const { ids, probability } = await longer.clean();
      longer.release();
      const alone = ask('another', 20 + more);
      const want = await alone.clean();
      alone.release();
      assert.deepEqual({ ids, probability }, { ids: want.ids, probability: want.probability }, `${more} more`);
    }
  });
});
