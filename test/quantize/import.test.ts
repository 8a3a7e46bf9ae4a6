/** `importQuantized`: real checkpoints of every layout, killed and damaged on the way. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, open, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { closeFiles, readTensor } from '../../src/core/checkpoint/read';
import { openCheckpoint } from '../../src/core/families';
import { type Imported, importQuantized, type Kind, recipeOf } from '../../src/core/quantize/import';
import { STATE_FILE, workFolder } from '../../src/core/checkpoint/quantized/marker';
import { dequantizeRows } from '../../src/core/quantize/pack';
import { readReport } from '../../src/core/quantize/report';
import { isQuantized, type MatrixRef, type TensorRef } from '../../src/core/spec';
import { decoderMatrices, tensorsOf } from '../../src/core/checkpoint/refs';
import { CrossflowError } from '../../src/core/errors';
import { editJson, readTensors, relayout, writeWeights, copySmallFiles } from '../support/checkpoints';
import { loadGolden, repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const MODEL = path.join(repositoryRoot, 'models/shapes-llava');
const WEIGHTS = 'model.safetensors';

async function importOf(from: string, to: string, kind: Kind, notices: string[] = []): Promise<Imported> {
  const spec = await openCheckpoint(from);
  try {
    return await importQuantized(spec, to, recipeOf(kind), { onNotice: (line) => notices.push(line) });
  } finally {
    await closeFiles();
  }
}

const usageLike = (pattern: RegExp) => (e: unknown) => {
  assert.ok(e instanceof CrossflowError && e.kind === 'usage', String(e));
  assert.match(e.line, pattern);
  return true;
};

/** The numbers a stored matrix means. */
async function numbers(ref: MatrixRef): Promise<Float32Array> {
  if (!isQuantized(ref)) return readTensor(ref);
  const bytes = async (part: { file: string; offset: number; length: number }): Promise<Uint8Array> =>
    new Uint8Array((await readFile(part.file)).subarray(part.offset, part.offset + part.length));
  const values = await bytes(ref.values);
  const scales = new Uint16Array((await bytes(ref.scales)).buffer);
  const zeroPoints = ref.zeroPoints && (await bytes(ref.zeroPoints));
  const format = { bits: ref.bits, blockSize: ref.blockSize as 32 };
  return dequantizeRows({ values, scales, ...(zeroPoints ? { zeroPoints } : {}) }, ref.shape[1], format);
}

describe('importing a quantised copy', function () {
  const folder = temporaryFolder();

  for (const kind of ['int8', 'int4'] as const) {
    it(`${kind} of the embedded model: a checkpoint folder that means nearly the same numbers`, async () => {
      const to = folder.join('plain', kind);
      const { existed, report } = await importOf(MODEL, to, kind);
      assert.equal(existed, false);
      const [before, after] = [await openCheckpoint(MODEL), await openCheckpoint(to)];
      assert.equal(after.quantization?.bits, kind === 'int8' ? 8 : 4);
      assert.equal(after.parameters, before.parameters);
      assert.deepEqual(after.eosTokenIds, before.eosTokenIds);
      for (const [i, ref] of decoderMatrices(after).entries()) {
        const original = decoderMatrices(before)[i] as TensorRef;
        assert.ok(isQuantized(ref), ref.name);
        const [meant, was] = [await numbers(ref), await readTensor(original)];
        let square = 0;
        let total = 0;
        was.forEach((w, j) => {
          square += (meant[j] - w) ** 2;
          total += w ** 2;
        });
        const error = Math.sqrt(square / total);
        assert.ok(error < (ref.bits === 8 ? 0.008 : 0.1), `${ref.name}: ${error}`);
        const reported = report.weights.find((w) => w.name === original.name);
        assert.ok(reported && Math.abs(reported.error - error) < 1e-5, `${ref.name}: the report's error`);
      }
      // all that is not a matrix of the decoder is there as it was
      const matrices = new Set(decoderMatrices(before).map((m) => m.name));
      const others = tensorsOf(before).filter((t) => !matrices.has(t.name));
      const copies = new Map(tensorsOf(after).map((t) => [t.name, t]));
      for (const ref of others) assert.deepEqual(await readTensor(copies.get(ref.name)!), await readTensor(ref));
      assert.deepEqual(await readReport(to), report);
      assert.deepEqual(
        (await readdir(to)).sort(),
        [...(await readdir(MODEL)), 'quantization-report.json'].sort(),
        'no notes are left behind',
      );
      assert.equal((await importOf(MODEL, to, kind)).existed, true);
    });
  }

  it('reads every layout, sharded or not, and means the same numbers', async () => {
    const golden = loadGolden('llava-next-llama3').modelDir;
    await importOf(golden, folder.join('layouts', 'base'), 'int4');
    const base = await openCheckpoint(folder.join('layouts', 'base'));
    for (const layout of ['hf-old', 'in-memory', 'original', 'original+clip-folder'] as const) {
      const from = await relayout(golden, layout, folder.join('layouts', layout), layout === 'hf-old' ? 3 : 1);
      const to = folder.join('imports', layout);
      await importOf(from, to, 'int4');
      // what is needed of a CLIP folder must have come along
      await rm(from, { recursive: true });
      const spec = await openCheckpoint(to);
      for (const [i, ref] of decoderMatrices(spec).entries()) {
        assert.deepEqual(await numbers(ref), await numbers(decoderMatrices(base)[i]), `${layout} ${ref.name}`);
      }
      for (const [i, ref] of tensorsOf(spec).entries()) {
        assert.deepEqual(await readTensor(ref), await readTensor(tensorsOf(base)[i]), `${layout} ${ref.name}`);
      }
    }
  });

  it('a tied head is quantised apart from the embedding, which stays', async () => {
    const from = folder.join('tied');
    await copySmallFiles(MODEL, from);
    await editJson(path.join(from, 'config.json'), {
      tie_word_embeddings: true,
      'text_config.tie_word_embeddings': true,
    });
    const tensors = new Map(await readTensors(MODEL));
    tensors.delete('language_model.lm_head.weight');
    await writeWeights(from, tensors);
    await importOf(from, folder.join('tied-int8'), 'int8');
    const { weights } = (await openCheckpoint(folder.join('tied-int8'))).decoder;
    assert.ok(isQuantized(weights.head) && weights.embedding.dtype === 'f16');
    const [head, embedding] = [await numbers(weights.head), await readTensor(weights.embedding)];
    const most = embedding.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    assert.ok(head.every((x, i) => Math.abs(x - embedding[i]) < most / 127));
  });

  describe('that was killed half-way', () => {
    const killed = async (to: string, tensors: number, from = MODEL): Promise<void> => {
      const script = path.join(repositoryRoot, 'test/quantize/import-child.ts');
      const args = ['--import', 'tsx', script, from, to, 'int4', String(tensors)];
      const child = spawn(process.execPath, args, { cwd: repositoryRoot, stdio: 'ignore' });
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      assert.equal(signal, 'SIGKILL');
    };
    const bytes = (to: string): Promise<Buffer> => readFile(path.join(to, WEIGHTS));
    const whole = (): string => folder.join('whole');

    before(async () => {
      await importOf(MODEL, folder.join('whole'), 'int4');
    });

    it('is no checkpoint yet, goes on, and becomes the same bytes', async () => {
      const to = folder.join('killed');
      await killed(to, 60);
      await assert.rejects(openCheckpoint(to), usageLike(/import is not finished.*crossflow import/));
      await assert.rejects(openCheckpoint(workFolder(to)), usageLike(/this import is not finished/));
      const notices: string[] = [];
      const { report } = await importOf(MODEL, to, 'int4', notices);
      const done = Number(/(\d+) tensors are done/.exec(notices.join())?.[1]);
      assert.ok(done >= 55 && done <= 60, notices.join());
      assert.ok((await bytes(to)).equals(await bytes(whole())));
      assert.deepEqual(report, (await readReport(whole()))!);
    });

    it('and damaged: what is damaged is made again, a torn line of its notes is left out', async () => {
      const to = folder.join('damaged');
      await killed(to, 80);
      const part = workFolder(to);
      const file = await open(path.join(part, WEIGHTS), 'r+');
      const { size } = await file.stat();
      // somewhere in what was copied and in what was rounded
      for (const at of [0.2, 0.5]) await file.write(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), 0, 8, Math.floor(size * at));
      await file.close();
      const journal = path.join(part, 'crossflow-import.jsonl');
      await truncate(journal, (await stat(journal)).size - 20);
      await importOf(MODEL, to, 'int4');
      assert.ok((await bytes(to)).equals(await bytes(whole())));
    });

    it('and of a source that has changed since: begins again', async () => {
      const from = folder.join('source');
      await cp(MODEL, from, { recursive: true });
      const to = folder.join('changed');
      await killed(to, 40, from);
      const file = await open(path.join(from, WEIGHTS), 'r+');
      await file.write(Buffer.from([0, 0, 0, 0]), 0, 4, (await file.stat()).size - 8);
      await file.close();
      await utimes(path.join(from, WEIGHTS), new Date(), new Date(Date.now() + 5000));
      const notices: string[] = [];
      await importOf(from, to, 'int4', notices);
      assert.match(notices.join(), /starting again/);
      await importOf(from, folder.join('changed-whole'), 'int4');
      assert.ok((await bytes(to)).equals(await bytes(folder.join('changed-whole'))));
      assert.ok(!(await bytes(to)).equals(await bytes(whole())));
    });
  });

  it('that was killed after all was done but for its own notes, is done', async () => {
    const to = folder.join('noted');
    const { report } = await importOf(MODEL, to, 'int8');
    await writeFile(path.join(to, STATE_FILE), '{}');
    await assert.rejects(openCheckpoint(to), usageLike(/not finished/));
    assert.deepEqual(await importOf(MODEL, to, 'int8'), { folder: to, existed: true, report });
    assert.equal((await openCheckpoint(to)).quantization?.bits, 8);
  });

  it('can be stopped, and goes on', async () => {
    const to = folder.join('stopped');
    const spec = await openCheckpoint(MODEL);
    const stop = new AbortController();
    let seen = 0;
    const running = importQuantized(spec, to, recipeOf('int8'), {
      signal: stop.signal,
      onProgress: () => ++seen === 100 && stop.abort(),
    });
    await assert.rejects(running, (e) => e instanceof CrossflowError && e.kind === 'cancelled');
    await assert.rejects(stat(to));
    assert.equal((await importOf(MODEL, to, 'int8')).existed, false);
  });

  describe('refuses', () => {
    it("another model's folder, other settings, a quantised source, a file, and changes nothing", async () => {
      const to = folder.join('other');
      await importOf(MODEL, to, 'int4');
      const golden = loadGolden('llava-1.5').modelDir;
      const before = await readFile(path.join(to, 'config.json'));
      await assert.rejects(importOf(golden, to, 'int4'), usageLike(/another checkpoint \(shapes-llava\).*--output/));
      await assert.rejects(importOf(MODEL, to, 'int8'), usageLike(/other settings/));
      await assert.rejects(importOf(to, folder.join('twice'), 'int8'), usageLike(/quantised already/));
      await cp(MODEL, folder.join('copy'), { recursive: true });
      await assert.rejects(importOf(MODEL, folder.join('copy'), 'int4'), usageLike(/holds another checkpoint/));
      await writeFile(folder.join('file'), 'x');
      await assert.rejects(importOf(MODEL, folder.join('file'), 'int4'), usageLike(/is a file/));
      await mkdir(folder.join('notes'));
      await writeFile(folder.join('notes', 'a.txt'), 'x');
      await assert.rejects(importOf(MODEL, folder.join('notes'), 'int4'), usageLike(/folder of something else/));
      assert.deepEqual(await readFile(path.join(to, 'config.json')), before);
      assert.deepEqual(await readdir(folder.join('notes')), ['a.txt']);
    });

    it("somebody else's folder or file where it would work, and leaves it as it is", async () => {
      const to = folder.join('taken');
      await mkdir(workFolder(to));
      await writeFile(path.join(workFolder(to), 'thesis.txt'), 'x');
      await assert.rejects(
        importOf(MODEL, to, 'int8'),
        usageLike(/taken\.part: is a folder of something else.*--output/),
      );
      assert.deepEqual(await readdir(workFolder(to)), ['thesis.txt']);
      await writeFile(workFolder(folder.join('single')), 'x');
      await assert.rejects(importOf(MODEL, folder.join('single'), 'int8'), usageLike(/single\.part: is a file/));
      assert.equal(await readFile(workFolder(folder.join('single')), 'utf8'), 'x');
      // Empty, or with notes that were about to be written: what a call that was killed at once leaves.
      await rm(path.join(workFolder(to), 'thesis.txt'));
      await writeFile(path.join(workFolder(to), `${STATE_FILE}.new`), '{');
      assert.equal((await importOf(MODEL, to, 'int8')).existed, false);
    });

    it('damaged folders when they are opened', async () => {
      const to = folder.join('broken');
      await importOf(MODEL, to, 'int4');
      const tensors = await readTensors(to);
      const name = 'language_model.model.layers.3.mlp.up_proj.weight';
      const without = async (part: string): Promise<void> => {
        await writeWeights(to, new Map([...tensors].filter(([n]) => n !== part)));
      };
      await without(`${name}.scales`);
      await assert.rejects(openCheckpoint(to), usageLike(/layers\.3\.mlp\.up_proj\.weight\.scales is missing/));
      await without(`${name}.quantized`);
      await assert.rejects(openCheckpoint(to), usageLike(/layers\.3\.mlp\.up_proj\.weight is missing/));
      const scales = tensors.get(`${name}.scales`)!;
      const turned = { ...scales, shape: [...scales.shape].reverse() };
      await writeWeights(to, new Map([...tensors, [`${name}.scales`, turned]]));
      await assert.rejects(openCheckpoint(to), usageLike(/up_proj\.weight\.scales has shape/));
      await writeWeights(to, tensors);
      await openCheckpoint(to);
      await truncate(path.join(to, WEIGHTS), 100_000);
      await assert.rejects(openCheckpoint(to), usageLike(/cut off/));
      await editJson(path.join(to, 'config.json'), { 'crossflow.quantization.version': 99 });
      await assert.rejects(openCheckpoint(to), usageLike(/version: is not 1: made by another release/));
      await writeFile(path.join(to, STATE_FILE), '{}');
      await assert.rejects(openCheckpoint(to), usageLike(/not finished/));
    });
  });
});
