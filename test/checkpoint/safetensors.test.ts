import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { parseHeader, readSafetensorsHeader } from '../../src/core/checkpoint/safetensors';
import { CrossflowError } from '../../src/core/errors';
import { fileOf, safetensorsBytes, type RawTensor } from '../support/checkpoints';
import { temporaryFolder } from '../support/temporary';

const f32 = (...shape: number[]): RawTensor => ({
  dtype: 'F32',
  shape,
  bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
});
const header = (entries: Record<string, unknown>, bytes: number): Buffer =>
  fileOf(JSON.stringify(entries), [new Uint8Array(bytes)]);
const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32'): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors header', () => {
  const folder = temporaryFolder();
  const read = async (bytes: Uint8Array): ReturnType<typeof readSafetensorsHeader> => {
    const file = folder.join('x.safetensors');
    await writeFile(file, bytes);
    return readSafetensorsHeader(file);
  };

  it('gives offsets from the start of the file', async () => {
    const bytes = safetensorsBytes(new Map([['a', f32(2, 3)], ['b', f32(4)]]), { __metadata__: { format: 'pt' } }); // prettier-ignore
    const { tensors } = await read(bytes);
    assert.deepEqual([...tensors.keys()], ['a', 'b']);
    const b = tensors.get('b');
    assert.deepEqual([b?.dtype, b?.shape, b?.end], ['F32', [4], bytes.length]);
    assert.equal(b?.begin, bytes.length - 16);
  });

  it('takes empty tensors and scalars', async () => {
    const { tensors } = await read(header({ a: entry(0, 0, [0, 7]), b: entry(0, 4, []) }, 4));
    assert.equal(tensors.size, 2);
  });

  const good = safetensorsBytes(new Map([['a', f32(2, 3)], ['b', f32(4)]])); // prettier-ignore
  const lying = (length: bigint): Buffer => {
    const bytes = Buffer.from(good);
    bytes.writeBigUInt64LE(length);
    return bytes;
  };
  const BAD: readonly (readonly [string, Buffer, RegExp])[] = [
    ['an empty file', Buffer.alloc(0), /no safetensors file: it has only 0 bytes/],
    ['seven bytes', Buffer.alloc(7), /only 7 bytes/],
    ['a header longer than the file', lying(10_000n), /header says it is 10000 bytes long, but only \d+ follow/],
    ['a header of 2^63 bytes', lying(2n ** 63n), /header says it is 9223372036854775808 bytes long/],
    ['a header of no bytes', lying(0n), /header is not valid JSON/],
    ['a header cut in the middle', lying(20n), /header is not valid JSON/],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS pointer/],
    ['bytes that are no text', Buffer.concat([lying(4n).subarray(0, 8), Buffer.from([0x7b, 0xff, 0xfe, 0x7d])]), /header is not UTF-8/],
    ['a header of a million levels', fileOf(`{"__metadata__":${'['.repeat(1e6)}${']'.repeat(1e6)}}`, []), /header is nested too deeply|header is not valid JSON/],
    ['a list', fileOf('[1, 2]', []), /header is not an object/],
    ['a file cut off in the tensors', good.subarray(0, good.length - 3), /tensor b reaches to byte 40, but the file has only 37 bytes/],
    ['bytes after the last tensor', Buffer.concat([good, Buffer.alloc(5)]), /5 bytes after the last tensor/],
    ['an entry that is no object', header({ a: 7 }, 0), /tensor a: .*expected object/],
    ['an entry without dtype', header({ a: { shape: [], data_offsets: [0, 4] } }, 4), /tensor a\.dtype/],
    ['a negative size', header({ a: entry(0, 4, [-1]) }, 4), /tensor a\.shape\.0/],
    ['a fraction', header({ a: entry(0, 4, [0.5]) }, 4), /tensor a\.shape\.0/],
    ['an offset beyond all numbers', header({ a: entry(0, 2 ** 60, [1]) }, 4), /tensor a\.data_offsets\.1/],
    ['an end before the beginning', header({ a: entry(4, 0, [1]) }, 4), /tensor a ends \(0\) before it begins \(4\)/],
    ['a shape that does not fit', header({ a: entry(0, 8, [3]) }, 8), /tensor a has 8 bytes, but \[3\] of F32 needs 12/],
    ['an unknown dtype', header({ a: entry(0, 4, [1], 'F31') }, 4), /tensor a has the unknown dtype "F31"/],
    ['overlapping tensors', header({ a: entry(0, 8), b: entry(4, 12) }, 12), /tensors a and b overlap/],
    ['a hole', header({ a: entry(0, 4), b: entry(8, 12) }, 12), /4 bytes between a and tensor b/],
    ['the same name twice', fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', [new Uint8Array(4)]), /tensor a stands in the header twice/],
  ]; // prettier-ignore
  for (const [what, bytes, message] of BAD) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(
        read(bytes),
        (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line) && !e.line.includes('\n'),
      );
    });
  }

  it('reads a file or refuses it in one line, whatever bytes are changed', async () => {
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(good.length), async (changes, cut) => {
        const bytes = Buffer.from(good.subarray(0, good.length - (cut % 50)));
        for (const { at, to } of changes) if (at < bytes.length) bytes[at] = to;
        await readsOrRefuses(() => read(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it('reads a header or refuses it, whatever JSON it is', async () => {
    const offsets = fc.tuple(fc.integer({ min: -2, max: 64 }), fc.integer({ min: -2, max: 64 }));
    const item = fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'BF16', 'I64', 'F4', 'x'),
      shape: fc.array(fc.integer({ min: -1, max: 5 }), { maxLength: 3 }),
      data_offsets: offsets,
    });
    const any = fc.dictionary(fc.string(), fc.oneof({ weight: 5, arbitrary: item }, fc.jsonValue()), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(any, fc.nat(64), async (json, rest) => {
        const text = JSON.stringify(json);
        const bytes = 8 + Buffer.byteLength(text) + rest;
        await readsOrRefuses(async () => {
          const { tensors } = parseHeader(text, bytes, 'x');
          const sizes = [...tensors.values()].map((t) => t.end - t.begin);
          assert.equal(
            sizes.reduce((a, b) => a + b, 0),
            rest,
            'accepted tensors fill the file',
          );
        });
      }),
      { numRuns: 500 },
    );
  });
});

/** Any other error than one for the user fails the test. */
async function readsOrRefuses(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (e) {
    if (!(e instanceof CrossflowError)) throw e;
    assert.equal(e.kind, 'usage');
    assert.ok(!e.line.includes('\n'), e.line);
  }
}
