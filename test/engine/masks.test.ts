import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayerCall, Mask } from '../../src/core/engine/decoder';
import { computeCurves } from '../../src/core/engine/curves';
import { blockedRows, groupMask, type GroupMask } from '../../src/core/engine/masks';
import { Sight } from '../../src/core/engine/sight';
import { decoderParts, randomSequence } from '../support/parts';
import { random, writeDecoder } from '../support/synthetic';

const SHAPE = { layers: 3, hidden: 48, heads: 6, kvHeads: 2, intermediate: 80, vocab: 64 };

/** The mask of every head, written out: `[kv, g, B, q, columns]`. */
function expanded({ allow, open }: GroupMask, groups: number): Mask {
  const [, , , q, columns] = allow.dims;
  const data = new Uint8Array(SHAPE.heads * groups * q * columns);
  for (let at = 0; at < data.length; at++) {
    const inGroup = at % (q * columns);
    const group = Math.floor(at / (q * columns)) % groups;
    const head = Math.floor(at / (q * columns * groups));
    const free = open?.heads.data[head * groups + group] === 1 && open.causal.data[inGroup] === 1;
    data[at] = free ? 1 : allow.data[group * q * columns + inGroup];
  }
  return { dims: [SHAPE.kvHeads, SHAPE.heads / SHAPE.kvHeads, groups, q, columns], data };
}

describe('masks of knockouts of some heads', () => {
  const effect = { targets: [4, 6], sources: [1, 2], first: 4, heads: [1, 5] };
  const { heads: _, ...whole } = effect;
  const causal = new Sight().mask(4, 3);
  const groups = [blockedRows(effect, causal, 4), undefined, blockedRows(whole, causal, 4)];
  const mask = groupMask(groups, causal, SHAPE, 'all');

  it('block the chosen heads of their own group and nothing else', () => {
    const { data } = expanded(mask, 3);
    for (let head = 0; head < 6; head++) {
      for (let group = 0; group < 3; group++) {
        for (let row = 4; row < 7; row++) {
          for (let column = 0; column < 7; column++) {
            const blocks = group === 2 || (group === 0 && effect.heads.includes(head));
            const hidden = blocks && effect.targets.includes(row) && effect.sources.includes(column);
            const at = ((head * 3 + group) * 3 + row - 4) * 7 + column;
            assert.equal(data[at], column <= row && !hidden ? 1 : 0, `head ${head} group ${group} ${row}->${column}`);
          }
        }
      }
    }
  });

  it('take a byte for each row and column, not for each head', () => {
    assert.equal(mask.allow.data.length, 3 * 3 * 7);
    assert.equal(mask.open?.heads.data.length, 6 * 3);
  });

  describe('in the graph', () => {
    let folder: string;
    before(async () => (folder = await mkdtemp(join(tmpdir(), 'crossflow-masks-'))));
    after(() => rm(folder, { recursive: true }));

    it('mean what a mask of every head means', async () => {
      const spec = await writeDecoder(folder, SHAPE);
      const parts = await decoderParts(spec, { threads: 1 });
      const next = random(3);
      const rows = Float32Array.from({ length: 9 * SHAPE.hidden }, () => next() - 0.5);
      const past = Array.from({ length: 3 }, () => Float32Array.from({ length: 4 * 16 }, () => next() - 0.5));
      const own = [blockedRows(effect, causal, 4), undefined, blockedRows({ ...effect, heads: [0] }, causal, 4)];
      const run = async (of: (m: GroupMask) => Pick<LayerCall, 'allow' | 'open'>): Promise<number[]> => {
        const layers = [0, 1, 2].map((l): LayerCall => ({
          ...(l === 0 ? { enter: rows } : {}),
          ...of(groupMask(own, causal, spec, l === 2 ? 'last' : 'all')),
        }));
        const call = { past: 4, rows: 3, single: false, layers, pastKeys: past, pastValues: past };
        return Array.from((await parts.decoder.run({ ...call, select: [2, 5, 8], selectRows: 1 })).final);
      };
      const got = await run((m) => m);
      assert.deepEqual(got, await run((m) => ({ allow: expanded(m, 3) })));
      assert.notDeepEqual(got, await run(({ allow }) => ({ allow })));
      await parts.close();
    });

    it('hold far less memory than the chunk they belong to', async () => {
      const spec = await writeDecoder(folder, SHAPE);
      const parts = await decoderParts(spec, { threads: 1 }, true);
      const sequence = randomSequence(parts, 200, 150, 1);
      const clean = await sequence.clean();
      const seen = new Set<Uint8Array>();
      const run = parts.decoder.run.bind(parts.decoder);
      parts.decoder.run = (call) => {
        for (const { allow, open } of call.layers)
          [allow, open?.heads, open?.causal].forEach((m) => m && seen.add(m.data));
        return run(call);
      };
      const sets: Record<string, number[]> = { from: [5], to: Array.from({ length: 50 }, (_, i) => 150 + i) };
      const knockouts = [{ kind: 'edge' as const, from: 'from', to: 'to', window: 9, heads: [0, 1] }];
      for (const method of ['fork', 'full'] as const) {
        seen.clear();
        await computeCurves({ parts, clean, length: 200, knockouts, resolve: (name) => sets[name], method });
        const bytes = [...seen].reduce((sum, data) => sum + data.length, 0);
        // A mask for each group, row and column of each layer at most: no head has one of its own.
        assert.ok(bytes <= 3 * 3 * (method === 'full' ? 200 : 50) * 200 + 3 * 200 * 200, `${method}: ${bytes}`);
      }
      await parts.close();
    });
  });
});
