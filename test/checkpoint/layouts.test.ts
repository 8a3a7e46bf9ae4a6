import assert from 'node:assert/strict';
import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { closeFiles, readTensor } from '../../src/core/checkpoint/read';
import { tensorsOf } from '../../src/core/checkpoint/refs';
import { CrossflowError } from '../../src/core/errors';
import { openCheckpoint } from '../../src/core/families';
import type { ModelSpec } from '../../src/core/spec';
import { CLIP_FOLDER, editJson, relayout, type OtherLayout } from '../support/checkpoints';
import { GOLDEN_FOLDERS, loadGolden } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const NAMES: Readonly<Record<OtherLayout, string>> = {
  'hf-old': 'hf',
  'in-memory': 'in-memory',
  original: 'original',
  'original+clip-folder': 'original+clip',
};

/** What must be equal whatever the layout: every number of the spec but names and places. */
function numbers(spec: ModelSpec): unknown {
  const { decoder, eye, family, dtype, eosTokenIds, parameters } = spec;
  const { hidden, heads, norm, patchSize, merge } = eye.tower;
  const activations = [...eye.tower.blocks.map((b) => b.mlp), ...eye.tower.project].map(
    (x) => 'activation' in x && x.activation,
  );
  const layouts = eye.samples.map((size) => {
    const { geometry, views } = eye.layOut(size, 'processor');
    return { geometry, views };
  });
  return {
    ...{ family, dtype, eosTokenIds, parameters, layouts, activations },
    pixels: eye.pixels,
    decoder: { ...decoder, weights: 0 },
    tower: { hidden, heads, norm, patchSize, merge },
  };
}

/** Whether both see as many tokens in pictures of many sizes, tiled where they can. */
function countsAlike(a: ModelSpec, b: ModelSpec): boolean {
  const aspect = b.eye.aspects[0];
  for (let width = 1; width <= 120; width++) {
    for (let height = 1; height <= 120; height++) {
      const [x, y] = [a, b].map(({ eye }) => eye.layOut({ width, height }, aspect).sources.length);
      if (x !== y) return false;
    }
  }
  return true;
}

async function assertSame(spec: ModelSpec, base: ModelSpec): Promise<void> {
  assert.deepEqual(numbers(spec), numbers(base));
  const [a, b] = [tensorsOf(spec), tensorsOf(base)];
  assert.equal(a.length, b.length);
  for (const [i, ref] of a.entries()) {
    assert.deepEqual(ref.shape, b[i].shape);
    assert.deepEqual(await readTensor(ref), await readTensor(b[i]), `${ref.name} for ${b[i].name}`);
  }
}

describe('checkpoint layouts', () => {
  const folder = temporaryFolder();
  afterEach(() => closeFiles());

  for (const golden of GOLDEN_FOLDERS) {
    const { modelDir } = loadGolden(golden);
    for (const layout of Object.keys(NAMES) as OtherLayout[]) {
      it(`${layout} of ${golden} holds the same model`, async () => {
        const base = await openCheckpoint(modelDir);
        assert.equal(base.layout, 'hf-5');
        const made = await relayout(modelDir, layout, folder.join(`${golden}-${layout}`), layout === 'hf-old' ? 3 : 1);
        const spec = await openCheckpoint(made);
        assert.equal(spec.layout, NAMES[layout]);
        await assertSame(spec, base);
        const original = layout.startsWith('original');
        assert.equal(spec.prompt.imageTokenId, original ? -200 : base.prompt.imageTokenId);
        assert.equal(spec.prompt.imageTokenText, '<image>');
        // the study's own code runs original folders, and takes padding off with its own arithmetic
        assert.equal(countsAlike(spec, base), !(original && base.family === 'llava_next'));
        if (base.family === 'llava_next') assert.equal(spec.eye.aspects[0], 'anyres');
        else assert.equal(spec.eye.aspects[0], original ? 'pad' : 'processor');
      });
    }
  }

  const { modelDir } = loadGolden('llava-1.5-pad');
  const NAME = 'owner/clip-name';
  /** An original folder whose CLIP folder lies elsewhere. */
  async function withTowerAt(clip: string, name: string, checkpoint: string): Promise<ModelSpec> {
    await relayout(modelDir, 'original+clip-folder', checkpoint);
    await mkdir(path.dirname(clip), { recursive: true });
    await rename(path.join(checkpoint, CLIP_FOLDER), clip);
    await editJson(path.join(checkpoint, 'config.json'), { mm_vision_tower: name });
    return openCheckpoint(checkpoint);
  }

  it('finds the CLIP folder by absolute path', async () => {
    const clip = folder.join('elsewhere', 'clip');
    const spec = await withTowerAt(clip, clip, folder.join('absolute'));
    await assertSame(spec, await openCheckpoint(modelDir));
  });

  it('finds the CLIP folder beside the checkpoint, by full and by last name', async () => {
    await withTowerAt(folder.join('a', 'owner', 'clip-name'), NAME, folder.join('a', 'checkpoint'));
    await withTowerAt(folder.join('b', 'clip-name'), NAME, folder.join('b', 'checkpoint'));
  });

  it('finds the CLIP folder in the Hugging Face cache', async () => {
    const saved = process.env['HF_HUB_CACHE'];
    process.env['HF_HUB_CACHE'] = folder.join('hub');
    try {
      const repository = folder.join('hub', 'models--owner--clip-name');
      const spec = await withTowerAt(path.join(repository, 'snapshots', 'abc'), NAME, folder.join('cached'));
      assert.ok(spec.eye.tower.classRow?.file.includes('snapshots'));
    } finally {
      if (saved === undefined) delete process.env['HF_HUB_CACHE'];
      else process.env['HF_HUB_CACHE'] = saved;
    }
  });

  it('says where it looked for a CLIP folder that is nowhere', async () => {
    const checkpoint = await relayout(modelDir, 'original+clip-folder', folder.join('nowhere'));
    await rm(path.join(checkpoint, CLIP_FOLDER), { recursive: true });
    await assert.rejects(openCheckpoint(checkpoint), /vision tower "clip-tower" \(mm_vision_tower\) was not found/);
  });

  it('follows the links of a Hugging Face cache, from the snapshot and from the repository folder', async () => {
    const repository = folder.join('hf', 'models--owner--name');
    const blobs = path.join(repository, 'blobs');
    const snapshot = path.join(repository, 'snapshots', '0123abc');
    await mkdir(snapshot, { recursive: true });
    await mkdir(blobs);
    await mkdir(path.join(repository, 'refs'));
    await writeFile(path.join(repository, 'refs', 'main'), '0123abc\n');
    const files = ['config.json', 'model.safetensors', 'preprocessor_config.json', 'generation_config.json'];
    for (const [i, name] of files.entries()) {
      await cp(path.join(modelDir, name), path.join(blobs, `blob${i}`));
      await symlink(path.join('..', '..', 'blobs', `blob${i}`), path.join(snapshot, name));
    }
    for (const named of [snapshot, repository]) {
      const spec = await openCheckpoint(named);
      assert.equal(spec.directory, snapshot);
      for (const ref of tensorsOf(spec)) assert.equal(path.basename(ref.file), 'blob1');
      await assertSame(spec, await openCheckpoint(modelDir));
    }
    await rm(path.join(blobs, 'blob1'));
    await assert.rejects(
      openCheckpoint(snapshot),
      (e) => e instanceof CrossflowError && /blob1 that cannot be followed: there is no such file/.test(e.line),
    );
  });
});
