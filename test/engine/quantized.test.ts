/** Quantised weights in ONNX Runtime: what the graph computes is what the stored numbers mean. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dequantizeRows, quantizeRows } from '../../src/core/quantize/pack';
import { partsOf, quantizedParts, type BlockFormat } from '../../src/core/checkpoint/quantized/format';
import type { QuantizedRef, StoredDtype, TensorRef } from '../../src/core/spec';
import { f32, floats, Session } from '../../src/core/engine/session';
import { GraphBuilder } from '../../src/core/graph/builder';
import { random } from '../support/synthetic';
import { temporaryFolder } from '../support/temporary';

/** Rows, columns of the weight, its blocks: odd sizes, blocks that are not full, one block, several threads' worth. */
const CASES: readonly [out: number, input: number, blockSize: BlockFormat['blockSize']][] = [
  [7, 33, 16],
  [5, 100, 32],
  [1, 16, 16],
  [64, 128, 32],
  [33, 31, 64],
  [129, 257, 128],
  [96, 512, 256],
];
const ROWS = [1, 3, 40];

describe('quantised weights in the graph', () => {
  const folder = temporaryFolder();

  for (const bits of [4, 8] as const) {
    for (const [i, [out, input, blockSize]] of CASES.entries()) {
      for (const held of ['copied', 'mapped'] as const) {
        it(`${bits} bits, [${out}, ${input}] in blocks of ${blockSize}, ${held}: as the rounded weight in f32`, async () => {
          const next = random(i + bits);
          const weights = Float32Array.from({ length: out * input }, () => next() - 0.4);
          const bias = Float32Array.from({ length: out }, () => next());
          const format: BlockFormat = { bits, blockSize };
          const { packed } = quantizeRows(weights, input, format);
          const file = folder.join(`${bits}-${i}-${held}.bin`);
          const ref = await store(file, [out, input], format, packed, bias);
          const meant = dequantizeRows(packed, input, format);

          const b = new GraphBuilder('one', folder.path);
          const x = b.input('x', 'f32', ['n', input]);
          b.output(b.linear(x, { weight: ref.weight }), 'plain', 'f32', ['n', out]);
          b.output(b.linear(x, ref), 'biased', 'f32', ['n', out]);
          const store4 = { folder: folder.path, mapped: held === 'mapped', packs4: true };
          const session = await Session.create('one', b.finish(), store4, { threads: 1 });
          try {
            for (const n of ROWS) {
              const rows = Float32Array.from({ length: n * input }, () => next() - 0.5);
              const result = await session.run({ x: f32(rows, [n, input]) }, ['plain', 'biased']);
              const [plain, biased] = [floats(result.plain), floats(result.biased)];
              for (let row = 0; row < n; row++) {
                for (let o = 0; o < out; o++) {
                  let sum = 0;
                  let size = 0;
                  for (let k = 0; k < input; k++) {
                    sum += rows[row * input + k] * meant[o * input + k];
                    size += Math.abs(rows[row * input + k] * meant[o * input + k]);
                  }
                  const at = row * out + o;
                  assert.ok(Math.abs(plain[at] - sum) <= 1e-6 * size + 1e-6, `${plain[at]} for ${sum}`);
                  assert.ok(Math.abs(biased[at] - sum - bias[o]) <= 1e-6 * (size + 1) + 1e-6);
                }
              }
            }
          } finally {
            await session.close();
          }
        });
      }
    }
  }
});

/** Writes the parts one after the other and says where they lie. */
async function store(
  file: string,
  shape: readonly [number, number],
  format: BlockFormat,
  packed: ReturnType<typeof quantizeRows>['packed'],
  bias: Float32Array,
): Promise<{ weight: QuantizedRef; bias: TensorRef }> {
  const parts = partsOf(shape, format);
  const names = quantizedParts('w');
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const put = <D extends StoredDtype>(
    name: string,
    dtype: D,
    dims: readonly number[],
    data: Uint8Array,
  ): TensorRef<D> => {
    const ref = { name, file, dtype, shape: dims, offset, length: data.length };
    chunks.push(data);
    offset += data.length;
    return ref;
  };
  const bytes = (data: Float32Array | Uint16Array): Uint8Array => new Uint8Array(data.buffer);
  const biasRef = put('bias', 'f32', [shape[0]], bytes(bias));
  const scales = put(names.scales, 'f16', parts.scales.shape, bytes(packed.scales));
  const values = put(names.values, format.bits === 4 ? 'u8' : 'i8', parts.values.shape, packed.values);
  const zeroPoints =
    packed.zeroPoints && parts.zeroPoints
      ? { zeroPoints: put(names.zeroPoints, 'u8', parts.zeroPoints.shape, packed.zeroPoints) }
      : {};
  await writeFile(file, Buffer.concat(chunks));
  return { weight: { name: 'w', ...format, shape, values, scales, ...zeroPoints }, bias: biasRef };
}
