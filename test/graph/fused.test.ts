import assert from 'node:assert/strict';
import { closeFiles } from '../../src/core/checkpoint/read';
import { f32, floats, Session } from '../../src/core/engine/session';
import { GraphBuilder } from '../../src/core/graph/builder';
import type { Dtype, TensorRef } from '../../src/core/spec';
import { writeTensors } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';

describe('parts of one tensor', () => {
  const folder = temporaryFolder();
  after(() => closeFiles());

  for (const dtype of ['f32', 'bf16'] as const satisfies readonly Dtype[]) {
    it(`are told apart although they have its name (${dtype})`, async () => {
      const dir = folder.join(dtype);
      const find = await writeTensors(dir, [{ name: 'qkv', shape: [3, 4], scale: 1 }], dtype, 5);
      const whole = find('qkv');
      const part = (row: number): TensorRef => {
        const length = whole.length / 3;
        return { ...whole, shape: [1, 4], offset: whole.offset + row * length, length };
      };
      const b = new GraphBuilder('fused', dir);
      const x = b.input('x', 'f32', [4, 4]);
      // asked for twice, a part is there once
      const parts = [0, 1, 2, 1].map((row) => b.linear(x, { weight: part(row) }));
      b.output(b.concat([...parts, b.linear(x, { weight: whole })], 1), 'y', 'f32', [4, 7]);
      const session = await Session.create('fused', b.finish(), { folder: dir, mapped: false }, {});
      const identity = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
      const y = floats((await session.run({ x: f32(identity, [4, 4]) }, ['y'])).y);
      await session.close();
      for (let i = 0; i < 4; i++) {
        const [q, k, v, again, ...all] = y.subarray(i * 7, (i + 1) * 7);
        assert.deepEqual([q, k, v], all);
        assert.equal(again, k);
        assert.ok(q !== k && k !== v);
      }
    });
  }
});
