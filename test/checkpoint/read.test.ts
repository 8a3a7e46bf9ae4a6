import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as fc from 'fast-check';
import { checkFinite } from '../../src/core/checkpoint/finite';
import { checkpointHash } from '../../src/core/checkpoint/hash';
import { closeFiles, readRows, readTensor } from '../../src/core/checkpoint/read';
import { tensorsOf } from '../../src/core/checkpoint/refs';
import { openCheckpoint } from '../../src/core/families';
import { type Dtype, isQuantized, type TensorRef } from '../../src/core/spec';
import { weightFileHash } from '../../src/core/checkpoint/file-hash';
import { CrossflowError } from '../../src/core/errors';
import { copyCheckpoint, editJson } from '../support/checkpoints';
import { GOLDEN_FOLDERS, loadGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

describe('reading weights', () => {
  const folder = temporaryFolder();
  afterEach(() => closeFiles());
  let files = 0;
  async function tensor(dtype: Dtype, shape: readonly number[], bytes: Uint8Array, offset = 3): Promise<TensorRef> {
    const file = folder.join(`${files++}.bin`);
    await writeFile(file, Buffer.concat([Buffer.alloc(offset, 0xff), bytes, Buffer.alloc(5, 0xff)]));
    return { name: 't', file, dtype, shape, offset, length: bytes.length };
  }

  it('converts every f16 value', async () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const values = await readTensor(await tensor('f16', [65536], new Uint8Array(bits.buffer)));
    /** IEEE 754 binary16 by its definition. */
    const expected = (i: number): number => {
      const sign = i & 0x8000 ? -1 : 1;
      const [e, f] = [(i >> 10) & 31, i & 1023];
      if (e === 31) return f === 0 ? sign * Infinity : NaN;
      return e === 0 ? sign * f * 2 ** -24 : sign * 2 ** (e - 15) * (1 + f / 1024);
    };
    for (let i = 0; i < 65536; i++) assert.ok(Object.is(values[i], expected(i)), `${i}: ${values[i]}`);
  });

  it('converts bf16 as the upper half of f32', async () => {
    const bits = Uint16Array.of(0x3f80, 0xbf80, 0x4049, 0x0001, 0x7f80, 0x8000, 0x7fc0);
    const values = await readTensor(await tensor('bf16', [7], new Uint8Array(bits.buffer)));
    assert.deepEqual([...values], [1, -1, 3.140625, 2 ** -133, Infinity, -0, NaN]);
  });

  it('reads any rows of any dtype at any byte offset', async () => {
    const size = fc.integer({ min: 1, max: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Dtype>('f32', 'f16', 'bf16'), size, size, fc.nat(9), fc.array(fc.nat(100), { maxLength: 12 }), fc.integer(),
        async (dtype, rows, width, offset, wanted, seed) => {
          const bytes = new Uint8Array(rows * width * (dtype === 'f32' ? 4 : 2)).map((_, i) => (i * 37 + seed) & 0x3f);
          const ref = await tensor(dtype, [rows, width], bytes, offset);
          const all = await readTensor(ref);
          const numbers = wanted.map((r) => r % rows);
          const got = await readRows(ref, numbers);
          assert.deepEqual([...got], numbers.flatMap((r) => [...all.subarray(r * width, (r + 1) * width)]));
          await closeFiles();
        },
      ),
      { numRuns: 100 },
    ); // prettier-ignore
  });

  it('names rows that do not exist', async () => {
    const ref = await tensor('f32', [3, 1], new Uint8Array(12));
    for (const row of [-1, 3, 0.5, NaN]) await assert.rejects(readRows(ref, [0, row]), /row .* does not exist/);
  });

  it('names a file that became shorter, or went away', async () => {
    const ref = await tensor('f32', [3, 1], new Uint8Array(12));
    await readRows(ref, [0]);
    await truncate(ref.file, 5);
    await assert.rejects(readRows(ref, [2]), (e) => e instanceof CrossflowError && /become shorter/.test(e.message));
    await assert.rejects(readRows({ ...ref, file: folder.join('none') }, [0]), CrossflowError);
  });

  it('reads again after closing', async () => {
    const ref = await tensor('f32', [1, 1], new Uint8Array(4));
    const reads = [readRows(ref, [0]), closeFiles([ref.file]), readRows(ref, [0])];
    await Promise.all(reads);
    await closeFiles([ref.file, ref.file]);
    assert.deepEqual([...(await readRows(ref, [0]))], [0]);
  });
});

describe('checkFinite', () => {
  const folder = temporaryFolder();
  afterEach(() => closeFiles());

  it('finds nothing in the golden checkpoints, and reports every byte', async () => {
    for (const golden of GOLDEN_FOLDERS) {
      const spec = await openCheckpoint(loadGolden(golden).modelDir);
      const seen: number[] = [];
      let whole = 0;
      await checkFinite(spec, { onProgress: ({ done, total }) => void (seen.push(done), (whole = total)) });
      assert.equal(seen.at(-1), whole);
      assert.equal(
        whole,
        tensorsOf(spec).reduce((sum, t) => sum + t.length, 0),
      );
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      );
    }
  });

  const BITS: readonly (readonly [golden: 'llava-1.5' | 'llava-1.5-pad' | 'llava-next-vicuna', bytes: number[], what: RegExp])[] = [
    ['llava-1.5', [0, 0, 0xc0, 0x7f], /a NaN/],
    ['llava-1.5', [1, 0, 0x80, 0xff], /a NaN/],
    ['llava-1.5', [0, 0, 0x80, 0xff], /an infinity/],
    ['llava-1.5-pad', [0, 0x7e], /a NaN/],
    ['llava-1.5-pad', [0, 0xfc], /an infinity/],
    ['llava-next-vicuna', [0xc0, 0x7f], /a NaN/],
    ['llava-next-vicuna', [0x80, 0xff], /an infinity/],
  ]; // prettier-ignore
  for (const [i, [golden, bytes, what]] of BITS.entries()) {
    it(`names the tensor and place of ${what.source} in ${golden} (${i})`, async () => {
      const to = await copyCheckpoint(loadGolden(golden).modelDir, folder.join(`finite${i}`));
      const spec = await openCheckpoint(to);
      const ref = spec.decoder.weights.layers[2].down.weight as TensorRef;
      const [rows, width] = ref.shape as [number, number];
      const file = await readFile(ref.file);
      file.set(bytes, ref.offset + ((rows - 1) * width + 5) * bytes.length);
      await writeFile(ref.file, file);
      await assert.rejects(checkFinite(spec), (e) => {
        assert.ok(e instanceof CrossflowError && e.kind === 'usage');
        assert.match(e.message, what);
        return e.message.includes(ref.name) && e.message.endsWith(`at [${rows - 1}, 5]`);
      });
    });
  }

  it('stops when asked', async () => {
    const spec = await openCheckpoint(loadGolden('llava-1.5').modelDir);
    const stop = new AbortController();
    const run = checkFinite(spec, { signal: stop.signal, onProgress: () => stop.abort() });
    await assert.rejects(run, (e) => e instanceof CrossflowError && e.kind === 'cancelled');
  });
});

describe('checkpointHash', () => {
  const folder = temporaryFolder();
  afterEach(() => closeFiles());
  const { modelDir } = loadGolden('llava-1.5-pad');
  const hash = async (dir: string): Promise<string> => checkpointHash(await openCheckpoint(dir));

  it('is the same for a copy, whatever its name and times', async () => {
    const [a, b] = [folder.join('a'), folder.join('b')];
    await copyCheckpoint(modelDir, a);
    await copyCheckpoint(modelDir, b);
    await utimes(path.join(b, 'model.safetensors'), 1, 1);
    assert.match(await hash(a), /^[0-9a-f]{64}$/);
    assert.equal(await hash(a), await hash(b));
  });

  it('changes with the weights and with each small file', async () => {
    const to = await copyCheckpoint(modelDir, folder.join('c'));
    const hashes = [await hash(to)];
    await editJson(path.join(to, 'config.json'), { 'text_config.rms_norm_eps': 2e-5 });
    hashes.push(await hash(to));
    await editJson(path.join(to, 'tokenizer_config.json'), { extra: 1 });
    hashes.push(await hash(to));
    await writeFile(path.join(to, 'special_tokens_map.json'), '{"pad_token": "photo"}');
    hashes.push(await hash(to));
    const file = path.join(to, 'model.safetensors');
    const bytes = await readFile(file);
    bytes[bytes.length - 1] ^= 1;
    await writeFile(file, bytes);
    hashes.push(await hash(to));
    // One number of one matrix.
    const { query } = (await openCheckpoint(to)).decoder.weights.layers[1];
    assert.ok(!isQuantized(query.weight));
    bytes[query.weight.offset + query.weight.length / 2 + 1] ^= 0x40;
    await writeFile(file, bytes);
    hashes.push(await hash(to));
    assert.equal(new Set(hashes).size, hashes.length);
  });

  it('counts bytes of a tokenizer.model that are no text', async () => {
    const to = await copyCheckpoint(modelDir, folder.join('model'));
    const spec = await openCheckpoint(to);
    await rm(path.join(to, 'tokenizer.json'));
    const hashes = new Set<string>();
    for (const byte of [0x80, 0x81]) {
      await writeFile(path.join(to, 'tokenizer.model'), Uint8Array.of(byte));
      hashes.add(await checkpointHash(spec));
    }
    assert.equal(hashes.size, 2);
  });

  it("counts a CLIP folder's config and processor", async () => {
    const clip = folder.join('clip');
    const spec = { ...(await openCheckpoint(modelDir)), companions: [clip] };
    await mkdir(clip, { recursive: true });
    const hashes = new Set([await checkpointHash(spec)]);
    for (const name of ['config.json', 'preprocessor_config.json']) {
      await writeFile(path.join(clip, name), '{}');
      hashes.add(await checkpointHash(spec));
    }
    assert.equal(hashes.size, 3);
  });

  it('reads a weight file once, until it changes, and stops when asked', async () => {
    const to = await copyCheckpoint(modelDir, folder.join('once'));
    const spec = await openCheckpoint(to);
    await assert.rejects(checkpointHash(spec, { signal: AbortSignal.abort() }), { kind: 'cancelled' });
    const before = await checkpointHash(spec);
    // What is known needs no reading, so there is nothing to stop.
    assert.equal(await checkpointHash(spec, { signal: AbortSignal.abort() }), before);
    const file = path.join(to, 'model.safetensors');
    const { mtime } = await stat(file);
    const bytes = await readFile(file);
    bytes[bytes.length - 1] ^= 1;
    await writeFile(file, bytes);
    await utimes(file, mtime, mtime);
    assert.notEqual(await checkpointHash(spec), before);
  });

  it('is known to other processes from the cache folder', async () => {
    const file = folder.join('weights');
    await writeFile(file, 'abc');
    const hash = await weightFileHash(file);
    const code = `const { weightFileHash } = require('./src/core/checkpoint/file-hash');
      weightFileHash(process.argv[1], AbortSignal.abort()).catch((e) => e.kind).then(console.log);`;
    const run = (cache: string): string =>
      execFileSync(process.execPath, ['--import', 'tsx', '-e', code, file], {
        cwd: repositoryRoot,
        env: { ...process.env, CROSSFLOW_CACHE: cache },
        encoding: 'utf8',
      }).trim();
    assert.equal(run(process.env.CROSSFLOW_CACHE!), hash);
    assert.equal(run(folder.join('empty')), 'cancelled');
  });
});
