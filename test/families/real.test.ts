/** Real public checkpoints without their weights: headers of the right tensors before empty files. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig, FAMILIES, openCheckpoint } from '../../src/core/families';
import type { ModelSpec } from '../../src/core/spec';
import { readJson } from '../support/checkpoints';
import { REAL, realTensors, writeReal } from '../support/real';
import { repositoryRoot } from '../support/golden';
import { isRead, rowOf, tableIn } from './models-table';
import { temporaryFolder } from '../support/temporary';

describe('real checkpoints, without their weights', () => {
  const folder = temporaryFolder();

  const open = async (name: string): Promise<ModelSpec> => openCheckpoint(await writeReal(name, folder.join(name)));

  it('SmolVLM-256M-Instruct: parameters, decoder, tower, end token', async () => {
    assert.equal(realTensors('SmolVLM-256M-Instruct').size, 471);
    const { parameters, decoder, eye, eosTokenIds, prompt } = await open('SmolVLM-256M-Instruct');
    assert.equal(parameters, 256_484_928);
    const { layers, heads, kvHeads, headDim, ropes, norm } = decoder;
    assert.deepEqual([layers, heads, kvHeads, headDim, ropes[0].theta, norm.epsilon], [30, 9, 3, 64, 100_000, 1e-5]);
    assert.notEqual(decoder.weights.head, decoder.weights.embedding);
    assert.deepEqual([eye.tower.blocks.length, eye.tower.merge], [12, { kind: 'join', factor: 4 }]);
    assert.ok(eosTokenIds.includes(49279));
    assert.equal(prompt.imageTokenId, 49190);
  });

  it('SmolVLM2-500M: what its config leaves out is the class’s', async () => {
    const { decoder, eye } = await open('SmolVLM2-500M-Video-Instruct');
    assert.deepEqual([decoder.layers, decoder.kvHeads, eye.tower.blocks.length], [32, 5, 12]);
  });

  it('counts the tokens of pictures as the real processor does', async () => {
    const { eye } = await open('SmolVLM-256M-Instruct');
    const counts = (width: number, height: number): number[] => {
      const { views, sources, geometry } = eye.layOut({ width, height }, 'processor');
      return [views.length, geometry.patches.filter((p) => p.kind !== 'mark').length, sources.length];
    };
    // 4 x 4 tiles and the whole: 1,127 ids (transformers 5.24 with the real vocabulary)
    assert.deepEqual(counts(512, 512), [17, 17 * 64, 1127]);
    // 2048 x 1536: 4 x 3 tiles
    assert.deepEqual(counts(640, 480), [13, 13 * 64, 13 * 64 + 24 + 3 + 3]);
    // a strip: one row of four tiles
    assert.deepEqual(counts(5000, 100), [5, 5 * 64, 5 * 64 + 8 + 1 + 3]);
  });

  /** Stored parameters: where they are known from elsewhere, they are these (golden-families/README.md). */
  const PARAMETERS: Readonly<Record<string, number>> = {
    'InternVL3-1B-hf': 938_193_024,
    'Qwen2-VL-2B-Instruct': 2_208_985_600,
    'Qwen2.5-VL-3B-Instruct': 3_754_622_976,
    'Qwen2.5-VL-7B-Instruct': 8_292_166_656,
    'Qwen3-VL-2B-Instruct': 2_127_532_032,
    'Qwen3-VL-4B-Instruct': 4_437_815_808,
    'SmolVLM-256M-Instruct': 256_484_928,
    'SmolVLM2-500M-Video-Instruct': 507_482_304,
    'gemma-3-4b-it': 4_300_079_472,
    'llava-onevision-qwen2-0.5b-ov-hf': 893_675_552,
    'paligemma-3b-pt-224': 2_923_466_480,
  };
  for (const name of readdirSync(REAL)) {
    const { model_type: type } = JSON.parse(readFileSync(join(REAL, name, 'config.json'), 'utf8')) as {
      model_type: string;
    };
    if (!FAMILIES.some((f) => f.types.includes(type))) continue;
    it(`${name}: opens with the tensors of its class, all but a few of them used`, async () => {
      const all = [...realTensors(name).values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
      assert.equal(all, PARAMETERS[name]);
      const { parameters, eye } = await openCheckpoint(await writeReal(name, folder.join(`class-${name}`)));
      // what stays out is the last norm of a tower that is read before it, and the like
      assert.ok(parameters <= all && parameters > 0.99 * all, `${parameters} of ${all}`);
      assert.ok(eye.layOut({ width: 640, height: 480 }, eye.aspects[0]).sources.length > 0);
    }); // prettier-ignore
  }

  it('have a row each in docs/models.md, with the numbers of their plans', async () => {
    const { rows } = tableIn(readFileSync(join(repositoryRoot, 'docs/models.md'), 'utf8'));
    const names = [];
    for (const name of readdirSync(REAL)) if (await isRead(name)) names.push(name);
    assert.deepEqual(rows.map(([name]) => name).sort(), names.sort(), 'run: npm run models');
    for (const row of rows) {
      const planned = await rowOf(row[0], folder.join('plans'), false);
      assert.deepEqual(row.slice(0, 4), planned.slice(0, 4), 'run: npm run models');
    }
  });

  it('are known before anything is fetched', async () => {
    for (const name of ['SmolVLM-256M-Instruct', 'SmolVLM2-500M-Video-Instruct']) {
      const config = await readJson(join(REAL, name, 'config.json'));
      assert.doesNotThrow(() => checkConfig(JSON.stringify(config), name));
      assert.throws(
        () => checkConfig(JSON.stringify({ ...config, scale_factor: 5 }), name),
        /scale_factor \(5\) does not/,
      );
    }
  });
});
