/** A clean run that takes its time: it says how far it is, and a changed question does not begin it all over. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EnginePool } from '../../src/host/engine/pool';
import { typingPause } from '../../src/host/live/typing';
import type { HostToPanel, PanelStatus } from '../../src/protocol/panel';
import { FULL_SHAPES, quick, writeFullSize } from '../support/full-size';
import { experiment, pool, session } from './support';

type Busy = Extract<PanelStatus, { kind: 'busy' }>;
const busyOf = (sent: readonly HostToPanel[]): Busy[] =>
  sent.flatMap((m) => (m.type === 'status' && m.status.kind === 'busy' ? [m.status] : []));

describe('a long clean run', () => {
  let folder: string;
  let engines: EnginePool;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'crossflow-long-'));
    await writeFullSize(folder, quick(FULL_SHAPES['7b']), 24, 'f16');
    engines = pool();
  });
  after(async () => {
    engines.dispose();
    await rm(folder, { recursive: true });
  });
  const ask = (question: string, change: Record<string, unknown> = {}): ReturnType<typeof experiment> =>
    experiment({ model: folder, question, knockouts: [], ...change });

  it('rises layer by layer, with the time left from the first layers on', async () => {
    const { live, sent } = session(engines);
    const began = Date.now();
    await live.update(ask('What is the white shape?'));
    const took = (Date.now() - began) / 1000;
    assert.equal(live.status.kind, 'idle', JSON.stringify(live.status));
    const layers = busyOf(sent).filter((s) => s.what === 'Clean run' && s.fraction !== undefined);
    const fractions = layers.map((s) => s.fraction!);
    assert.ok(new Set(fractions).size >= 4, `steps: ${fractions.join(' ')}`);
    fractions.slice(1).forEach((f, i) => assert.ok(f >= fractions[i], fractions.join(' ')));
    const largest = Math.max(...fractions.slice(1).map((f, i) => f - fractions[i]));
    assert.ok(largest < 0.6, `no step is most of the work: ${fractions.join(' ')}`);
    const first = layers.find((s) => s.secondsLeft !== undefined);
    assert.ok(first && first.fraction! < 0.6, `the time left is known at ${first?.fraction}`);
    assert.ok(first.secondsLeft! > 0 && first.secondsLeft! < 5 * took, `${first.secondsLeft} s left of ${took}`);
    const others = busyOf(sent).filter((s) => s.what.startsWith('Clean run:'));
    assert.ok(others.every((s) => s.fraction === undefined));
    live.dispose();
  });

  it('ends within a layer when the question changes, and the next one goes on from there', async () => {
    const { live, sent } = session(engines);
    // A picture that no question before was about.
    const other = { image: 'examples/images/2300018.jpg' };
    const far = new Promise<void>((resolve) => {
      const watch = setInterval(() => {
        if ((busyOf(sent).at(-1)?.fraction ?? 0) < 0.3) return;
        clearInterval(watch);
        resolve();
      }, 5);
    });
    const superseded = live.update(ask('What is the white shape?', other));
    await far;
    const changed = ask('What is the white shape, a star or a circle?', other);
    const pause = live.pauseFor(changed);
    assert.ok(pause > 250, `a typist's pause is longer than usual: ${pause}`);
    assert.equal(live.pauseFor(ask('What is the white shape?', { ...other, knockouts: ['Image->Last'] })), 250);
    sent.length = 0;
    await live.update(changed);
    await superseded;
    const statuses = busyOf(sent);
    assert.ok(!statuses.some((s) => s.what === 'Clean run: the picture'), 'the picture is not encoded again');
    const start = live.shown.clean!;
    // From the beginning, in an engine that has seen nothing.
    const fresh = pool();
    const { live: alone } = session(fresh);
    await alone.update(changed);
    assert.deepEqual(start, alone.shown.clean);
    assert.deepEqual(live.shown.lens, alone.shown.lens);
    alone.dispose();
    fresh.dispose();
    live.dispose();
  });
});

describe("a typist's pause", () => {
  it('grows with what it may save, within bounds', () => {
    assert.deepEqual([0, 100, 1000, 4000, 100_000].map(typingPause), [250, 250, 250, 1000, 2000]);
  });
});
