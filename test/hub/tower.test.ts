import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCached, planDownload } from '../../src/core/families/hub';
import { hubId } from '../../src/core/hub/id';
import { planText } from '../../src/core/hub/plan-text';
import { hub, ID } from './support';

const TOWER = 'openai/clip-vit-large-patch14-336';

/** A .safetensors file with these tensors, each of four bytes. */
function safetensors(...names: string[]): Buffer {
  const entries = names.map((name, i) => [name, { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] }]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(4 * names.length)]);
}

describe('original LLaVA checkpoints and their vision tower', () => {
  const at = hub();
  const config = JSON.stringify({
    model_type: 'llava_llama',
    mm_projector_type: 'mlp2x_gelu',
    mm_vision_tower: TOWER,
  });
  const beside = { 'config.json': config, 'tokenizer.json': '{}' };
  const apart = { ...beside, 'model.safetensors': safetensors('model.layers.0.weight') };
  const inside = safetensors(
    'model.layers.0.weight',
    'model.vision_tower.vision_tower.vision_model.embeddings.class_embedding',
  );
  const tower = {
    'config.json': '{}',
    'preprocessor_config.json': '{ "size": 336 }',
    'tokenizer.json': '{ "not": "needed" }',
    'model.safetensors': safetensors('vision_model.embeddings.class_embedding'),
    'pytorch_model.bin': 'x',
  };
  const plan = () => planDownload(hubId(ID), at.environment());

  it('come with it, in one question', async () => {
    at.server.add(ID, apart);
    at.server.add(TOWER, tower);
    const planned = await plan();
    assert.deepEqual(
      planned.models.map(({ id, part }) => [id.name, part]),
      [
        [TOWER, 'companion'],
        [ID, 'model'],
      ],
    );
    const bytes = planned.models.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
    const text = planText(planned);
    assert.ok(text.startsWith(`${ID} and its vision tower ${TOWER}, ${bytes} bytes in 6 files, from`), text);
    const folder = await at.fetch();
    assert.equal(await findCached(hubId(ID), at.cache), folder);
    const towers = join(at.cache, 'models--openai--clip-vit-large-patch14-336', 'snapshots');
    const [snapshot] = readdirSync(towers);
    assert.deepEqual(readdirSync(join(towers, snapshot)), [
      'config.json',
      'model.safetensors',
      'preprocessor_config.json',
    ]);
  });

  it('are complete only together: the tower alone is fetched when it is what lacks', async () => {
    at.server.add(ID, apart);
    at.server.add(TOWER, tower);
    at.server.faults.set('preprocessor_config.json', [{ kind: 'status', status: 403 }]);
    await assert.rejects(at.fetch());
    assert.deepEqual(at.server.asked('tokenizer.json'), [], 'the tower comes first');
    const folder = await at.fetch();
    const { rmSync } = await import('node:fs');
    rmSync(join(at.cache, 'models--openai--clip-vit-large-patch14-336'), { recursive: true });
    assert.equal(await findCached(hubId(ID), at.cache), undefined);
    assert.match(
      planText(await plan()),
      /and its vision tower openai\/clip-vit-large-patch14-336, \d+ bytes in 3 files/,
    );
    assert.equal(await at.fetch(), folder);
    assert.equal(await findCached(hubId(ID), at.cache), folder);
  });

  it('need none when it is inside, in one file or in shards', async () => {
    at.server.add(ID, { ...beside, 'model.safetensors': inside });
    assert.equal((await plan()).models.length, 1);
    await at.fetch();
    assert.ok(await findCached(hubId(ID), at.cache));
    const name = 'model-00001-of-00001.safetensors';
    const index = JSON.stringify({ weight_map: { 'model.vision_tower.embeddings.class_embedding': name } });
    at.server.add(ID, { ...beside, 'model.safetensors.index.json': index, [name]: inside });
    assert.equal((await plan()).models.length, 1);
    const other = JSON.stringify({ weight_map: { 'model.layers.0.weight': name } });
    at.server.add(ID, { ...beside, 'model.safetensors.index.json': other, [name]: inside });
    at.server.add(TOWER, tower);
    assert.equal((await plan()).models.length, 2);
  });

  it('use one that lies beside them, and leave folders to the user', async () => {
    at.server.add(ID, apart);
    const snapshots = join(at.cache, 'models--crossflow-tests--model', 'snapshots', 'clip-vit-large-patch14-336');
    mkdirSync(snapshots, { recursive: true });
    for (const [name, content] of Object.entries(tower)) writeFileSync(join(snapshots, name), content);
    assert.equal((await plan()).models.length, 1);
    at.server.add(ID, { ...apart, 'config.json': JSON.stringify({ mm_vision_tower: '/models/clip' }) });
    assert.equal((await plan()).models.length, 1);
  });

  it('whose tower has pickles only are refused before anything is fetched', async () => {
    at.server.add(ID, apart);
    at.server.add(TOWER, { 'config.json': '{}', 'pytorch_model.bin': 'x' });
    await assert.rejects(plan(), /has only pickled weights/);
    assert.ok(at.server.asked('model.safetensors').every(({ range }) => range !== undefined));
  });
});
