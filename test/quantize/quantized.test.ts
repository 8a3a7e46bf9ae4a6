/** Rounding to blocks: the bytes against a plain reading of the format, and how far the numbers may move. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { halfTable, toHalf } from '../../src/core/checkpoint/half';
import { compensation, GROUP } from '../../src/core/quantize/compensate';
import { BLOCK_SIZES, blocksOf, partsOf, type BlockFormat } from '../../src/core/checkpoint/quantized/format';
import { dequantizeRows, quantizeRows } from '../../src/core/quantize/pack';
import { random } from '../support/synthetic';

const format = fc.record<BlockFormat>({ bits: fc.constantFrom(4, 8), blockSize: fc.constantFrom(...BLOCK_SIZES) });

/** Rows whose numbers are of very different sizes, as weights with outliers are. */
const weights = fc
  .record({ out: fc.integer({ min: 1, max: 5 }), width: fc.integer({ min: 1, max: 300 }), seed: fc.nat() })
  .map(({ out, width, seed }) => {
    const next = random(seed);
    const rows = Float32Array.from({ length: out * width }, () => (next() - 0.5) * 10 ** Math.floor(next() * 3 - 2));
    return { out, width, rows };
  });

/** The format read from its description, byte by byte, with none of the code that writes it. */
function plainly(
  { bits, blockSize }: BlockFormat,
  packed: { values: Uint8Array; scales: Uint16Array; zeroPoints?: Uint8Array },
  row: number,
  column: number,
  width: number,
): number {
  const blocks = Math.ceil(width / blockSize);
  const block = Math.floor(column / blockSize);
  const scale = halfTable()[packed.scales[row * blocks + block]];
  const index = (row * blocks + block) * blockSize + (column % blockSize);
  if (bits === 8) return ((packed.values[index] << 24) >> 24) * scale;
  const half = (bytes: Uint8Array, i: number): number => Math.floor(bytes[Math.floor(i / 2)] / 16 ** (i % 2)) % 16;
  const zeros = packed.zeroPoints!.subarray(row * Math.ceil(blocks / 2), (row + 1) * Math.ceil(blocks / 2));
  return (half(packed.values, index) - half(zeros, block)) * scale;
}

describe('quantised weights', () => {
  it('turns f16 into f32 and back, every value, and rounds what lies between to the nearest', () => {
    const table = halfTable();
    for (let bits = 0; bits < 65536; bits++) {
      if (Number.isNaN(table[bits])) assert.ok(Number.isNaN(table[toHalf(table[bits])]));
      else assert.equal(toHalf(table[bits]), bits);
    }
    const between = fc.tuple(fc.integer({ min: 0, max: 0x7bfe }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(between, ([bits, part]) => {
        const x = Math.fround(table[bits] + part * (table[bits + 1] - table[bits]));
        const back = table[toHalf(x)];
        const [below, above] = [Math.abs(x - table[bits]), Math.abs(table[bits + 1] - x)];
        assert.equal(Math.abs(x - back), Math.min(below, above));
        if (below === above) assert.equal(toHalf(x) % 2, 0);
      }),
      { numRuns: 500 },
    );
  });

  it('lies in the file as the format says', () => {
    fc.assert(
      fc.property(format, weights, (f, { out, width, rows }) => {
        const { packed } = quantizeRows(rows, width, f);
        const parts = partsOf([out, width], f);
        assert.equal(packed.values.length, parts.values.bytes);
        assert.equal(packed.scales.byteLength, parts.scales.bytes);
        assert.equal(packed.zeroPoints?.length, parts.zeroPoints?.bytes);
        const read = dequantizeRows(packed, width, f);
        for (let i = 0; i < rows.length; i++) {
          assert.equal(read[i], Math.fround(plainly(f, packed, Math.floor(i / width), i % width, width)));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('moves no number by more than half a step of 8 bits, and says by how much in all', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BLOCK_SIZES), weights, (blockSize, { out, width, rows }) => {
        const f: BlockFormat = { bits: 8, blockSize };
        const { packed, error } = quantizeRows(rows, width, f);
        const read = dequantizeRows(packed, width, f);
        const blocks = blocksOf(width, f);
        let square = 0;
        for (let row = 0; row < out; row++) {
          for (let i = 0; i < width; i++) {
            const off = Math.abs(read[row * width + i] - rows[row * width + i]);
            const scale = halfTable()[packed.scales[row * blocks + Math.floor(i / blockSize)]];
            assert.ok(off <= scale * 0.5000001, `${off} of ${scale}`);
            square += off ** 2;
          }
        }
        assert.ok(Math.abs(error.square - square) <= 1e-3 * square + 1e-13 * error.total + 1e-20);
      }),
      { numRuns: 100 },
    );
  });

  it('4 bits fit at least as well as plain rounding over the whole range does', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BLOCK_SIZES), weights, (blockSize, { width, rows }) => {
        const f: BlockFormat = { bits: 4, blockSize };
        const { error } = quantizeRows(rows, width, f);
        let plain = 0;
        for (let begin = 0; begin < rows.length; begin += width) {
          for (let b = begin; b < begin + width; b += blockSize) {
            const block = rows.subarray(b, Math.min(b + blockSize, begin + width));
            const low = Math.min(0, ...block);
            const step = (Math.max(0, ...block) - low) / 15 || 1;
            const zero = Math.round(-low / step);
            for (const w of block)
              plain += (Math.max(-zero, Math.min(15 - zero, Math.round(w / step))) * step - w) ** 2;
          }
        }
        assert.ok(error.square <= plain * 1.02 + 1e-6 * error.total + 1e-12, `${error.square} against ${plain}`);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps zeros, and numbers that f16 cannot hold a scale for', () => {
    for (const bits of [4, 8] as const) {
      const f: BlockFormat = { bits, blockSize: 16 };
      assert.deepEqual(dequantizeRows(quantizeRows(new Float32Array(40), 40, f).packed, 40, f), new Float32Array(40));
      const tiny = new Float32Array(16).fill(1e-12);
      assert.ok(dequantizeRows(quantizeRows(tiny, 16, f).packed, 16, f).every((x) => Math.abs(x) < 1e-6));
    }
  });

  it('gives back what rounding takes: outputs for calibrated inputs are nearer', () => {
    for (const width of [40, GROUP, 200]) {
      for (const bits of [4, 8] as const) {
        const next = random(width + bits);
        const rows = Float32Array.from({ length: 8 * width }, () => next() - 0.5);
        // inputs that go along with one another, as activations do
        const inputs = Array.from({ length: 150 }, () => {
          const common = [next() - 0.5, next() - 0.5, next() - 0.5];
          return Float64Array.from({ length: width }, (_, i) => common[i % 3] + 0.3 * (next() - 0.5));
        });
        const grams = new Float32Array(Math.ceil(width / GROUP) * GROUP * GROUP);
        for (const x of inputs) {
          for (let i = 0; i < width; i++) {
            const begin = Math.floor(i / GROUP) * GROUP;
            for (let j = begin; j < Math.min(begin + GROUP, width); j++) grams[i * GROUP + j - begin] += x[i] * x[j];
          }
        }
        const f: BlockFormat = { bits, blockSize: 16 };
        const outputError = (read: Float32Array): number => {
          let sum = 0;
          for (const x of inputs) {
            for (let row = 0; row < 8; row++) {
              let off = 0;
              for (let i = 0; i < width; i++) off += (read[row * width + i] - rows[row * width + i]) * x[i];
              sum += off ** 2;
            }
          }
          return sum;
        };
        const plain = outputError(dequantizeRows(quantizeRows(rows, width, f).packed, width, f));
        const { packed, error } = quantizeRows(rows, width, f, compensation(grams, width));
        const bent = outputError(dequantizeRows(packed, width, f));
        assert.ok(bent < plain / 2, `width ${width}, ${bits} bits: ${bent} against ${plain}`);
        if (width <= GROUP) assert.ok(Math.abs(error.outputSquare! / bent - 1) < 0.01, 'the error it reports');
      }
    }
  });
});
