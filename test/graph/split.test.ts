import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { closeFiles, readRows, readTensor } from '../../src/core/checkpoint/read';
import type { Dtype, LinearRef, TensorRef } from '../../src/core/spec';
import { f32, floats, Session } from '../../src/core/engine/session';
import { GraphBuilder } from '../../src/core/graph/builder';
import { splitLinear, WIDENED_BYTES } from '../../src/core/graph/split';
import { encode, random } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';

const SIZE = { f32: 4, f16: 2, bf16: 2 } as const;
const tensor = (name: string, shape: readonly number[], dtype: Dtype, offset: number, file = 'weights'): TensorRef => ({
  ...{ name, shape, dtype, offset, file },
  length: shape.reduce((a, b) => a * b, 1) * SIZE[dtype],
});

describe('matrices in parts', () => {
  it('cover every row once, in order, each part small enough', () => {
    const dtypes = fc.constantFrom<Dtype>('f16', 'bf16');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400_000 }),
        fc.integer({ min: 1, max: 9000 }),
        dtypes,
        (out, width, dtype) => {
          const weight = tensor('w', [out, width], dtype, 800);
          const bias = tensor('b', [out], dtype, 16);
          const parts = splitLinear({ weight, bias });
          let row = 0;
          for (const part of parts) {
            const w = part.weight as TensorRef;
            assert.deepEqual([w.offset, part.bias!.offset], [800 + row * width * 2, 16 + row * 2]);
            assert.deepEqual([w.length, part.bias!.length], [2 * w.shape[0] * width, 2 * w.shape[0]]);
            assert.ok(4 * w.shape[0] * width <= WIDENED_BYTES || w.shape[0] === 1);
            row += w.shape[0];
          }
          assert.equal(row, out);
          assert.equal(new Set(parts.map((p) => p.weight.name)).size, parts.length);
        },
      ),
    );
  });

  it('leave alone what is used as it lies', () => {
    const whole = { weight: tensor('w', [400_000, 4096], 'f32', 0) };
    assert.deepEqual(splitLinear(whole), [whole]);
    const four: LinearRef = {
      weight: {
        ...{ name: 'w', bits: 4, blockSize: 32, shape: [400_000, 4096] },
        values: { ...tensor('v', [400_000, 128, 16], 'f32', 0), dtype: 'u8' },
        scales: tensor('s', [400_000, 128], 'f16', 0),
      },
    };
    assert.deepEqual(splitLinear(four), [four]);
  });

  describe('give the products of the whole', () => {
    const folder = temporaryFolder();
    after(() => closeFiles());
    const width = 64;
    const out = WIDENED_BYTES / 4 / width + 77;
    it('from the mapped file', async () => {
      const file = folder.join('weights');
      const next = random(7);
      // a prime, so that no two rows are the same
      const block = encode(
        Float32Array.from({ length: 1_048_573 }, () => next() - 0.5),
        'f16',
      );
      const bytes = 2 * out * (width + 1);
      await writeFile(
        file,
        Buffer.concat(
          Array.from({ length: Math.ceil(bytes / block.length) }, () => block),
          bytes,
        ),
      );
      const weight = tensor('w', [out, width], 'f16', 0, file);
      const bias = tensor('b', [out], 'f16', weight.length, file);
      const b = new GraphBuilder('linear', folder.path);
      b.output(b.linear(b.input('x', 'f32', ['n', width]), { weight, bias }), 'y', 'f32', ['n', out]);
      const session = await Session.create('linear', b.finish(), { folder: folder.path, mapped: true }, {});
      const x = Float32Array.from({ length: 2 * width }, () => next() - 0.5);
      const y = floats((await session.run({ x: f32(x, [2, width]) }, ['y'])).y);
      await session.close();
      assert.equal(y.length, 2 * out);
      const half = Math.ceil(out / 2);
      const added = await readTensor(bias);
      for (const column of [0, 1, half - 1, half, half + 1, out - 1]) {
        const row = await readRows(weight, [column]);
        for (const n of [0, 1]) {
          const want = row.reduce((sum, w, k) => sum + w * x[n * width + k], added[column]);
          assert.ok(Math.abs(y[n * out + column] - want) < 1e-5, `${n}, ${column}: ${y[n * out + column]} for ${want}`);
        }
      }
    });
  });
});
