import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { openTokenizer } from '../../src/core/checkpoint/tokenizer';
import { openCheckpoint } from '../../src/core/families';
import type { ImageLayout, ModelSpec } from '../../src/core/spec';
import { CrossflowError } from '../../src/core/errors';
import { copyCheckpoint, copySmallFiles, editJson, readTensors, writeJson, writeWeights, type RawTensor } from '../support/checkpoints'; // prettier-ignore
import { loadGolden } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

const { modelDir } = loadGolden('llava-1.5-pad');
const QUERY = 'language_model.model.layers.1.self_attn.q_proj.weight';

const refuses = (act: Promise<unknown>, message: RegExp, kind = 'usage'): Promise<void> =>
  assert.rejects(act, (e) => {
    assert.ok(e instanceof CrossflowError, String(e));
    assert.match(e.line, message);
    assert.ok(!e.line.includes('\n'), e.line);
    return e.kind === kind;
  });

describe('checkpoint folders', () => {
  const folder = temporaryFolder();
  let made = 0;
  const copy = (): Promise<string> => copyCheckpoint(modelDir, folder.join(`copy${made++}`));
  /** A copy with other tensors. */
  async function withTensors(change: (tensors: Map<string, RawTensor>) => void, shards = 1): Promise<string> {
    const to = folder.join(`copy${made++}`);
    await copySmallFiles(modelDir, to);
    const tensors = new Map(await readTensors(modelDir));
    change(tensors);
    await writeWeights(to, tensors, shards);
    return to;
  }

  it('names a folder that is not there, and a file', async () => {
    await refuses(openCheckpoint(folder.join('none')), /none: there is no such checkpoint folder/);
    await refuses(openCheckpoint(path.join(modelDir, 'config.json')), /is a file, not a checkpoint folder/);
  });

  it('names a missing, empty or broken config.json', async () => {
    const empty = folder.join('empty');
    await mkdir(empty);
    await refuses(openCheckpoint(empty), /empty.config\.json: config\.json is missing/);
    await writeFile(path.join(empty, 'config.json'), '{"model_type": ');
    await refuses(openCheckpoint(empty), /config\.json: is not valid JSON/);
    await writeFile(path.join(empty, 'config.json'), '[]');
    await refuses(openCheckpoint(empty), /config\.json: .*expected record/);
  });

  it('names missing weights', async () => {
    const to = await copy();
    await rm(path.join(to, 'model.safetensors'));
    await refuses(openCheckpoint(to), /has no weights: model\.safetensors is missing/);
    await writeFile(path.join(to, 'model-00001-of-00002.safetensors'), '');
    await refuses(openCheckpoint(to), /neither model\.safetensors nor model\.safetensors\.index\.json/);
  });

  for (const name of ['pytorch_model.bin', 'consolidated.00.pth', 'model.pt']) {
    it(`never opens ${name}, and says how to get safetensors`, async () => {
      const to = await copy();
      await rm(path.join(to, 'model.safetensors'));
      await writeFile(path.join(to, name), 'cos\nsystem\n(S"exit 1"\ntR.');
      await refuses(
        openCheckpoint(to),
        new RegExp(`only pickled weights \\(${name}\\).*never opened.*safe_serialization`),
      );
    });
  }

  it('names a missing shard, a shard outside the folder and a tensor that is not in its shard', async () => {
    const to = await withTensors(() => undefined, 3);
    await openCheckpoint(to);
    const index = path.join(to, 'model.safetensors.index.json');
    await editJson(index, { weight_map: { a: '../elsewhere.safetensors' } });
    await refuses(openCheckpoint(to), /weight_map names "\.\.\/elsewhere\.safetensors"/);
    await editJson(index, { weight_map: { a: 'model-00001-of-00003.safetensors' } });
    await refuses(openCheckpoint(to), /says that a lies in model-00001-of-00003\.safetensors, but it does not/);
    await editJson(index, { weight_map: { a: 'model-00009-of-00003.safetensors' } });
    await refuses(openCheckpoint(to), /shard model-00009-of-00003\.safetensors is missing/);
    await writeJson(index, { weight_map: 3 });
    await refuses(openCheckpoint(to), /index\.json: weight_map: /);
  });

  it('names a missing tensor', async () => {
    await refuses(
      openCheckpoint(await withTensors((t) => t.delete(QUERY))),
      /tensor language_model.*q_proj\.weight is missing/,
    );
  });

  it('names a tensor of a wrong shape, found and expected', async () => {
    const to = await withTensors((t) => {
      const tensor = t.get(QUERY)!;
      t.set(QUERY, { ...tensor, shape: [...tensor.shape].reverse().map((n, i) => (i === 0 ? n / 2 : n * 2)) });
    });
    await refuses(openCheckpoint(to), /q_proj\.weight has shape \[24, 96\], config\.json asks for \[48, 48\]/);
  });

  it('names a tensor of an unsupported dtype, but only one that is used', async () => {
    const unused: RawTensor = { dtype: 'I64', shape: [1, 2], bytes: new Uint8Array(16) };
    const fine = await withTensors((t) => t.set('vision_tower.embeddings.position_ids', unused));
    await openCheckpoint(fine);
    const to = await withTensors((t) => t.set(QUERY, { ...t.get(QUERY)!, dtype: 'I16' }));
    await refuses(openCheckpoint(to), /q_proj\.weight has dtype I16, which is not supported \(F32, F16 and BF16 are\)/);
  });

  it('leaves no bias and no layer out unseen', async () => {
    const bias: RawTensor = { dtype: 'F16', shape: [48], bytes: new Uint8Array(96) };
    const name = QUERY.replace('weight', 'bias');
    const to = await withTensors((t) => t.set(name, bias));
    await refuses(openCheckpoint(to), /q_proj\.bias is there, but config\.json asks for none/);
    const fewer = await copy();
    await editJson(path.join(fewer, 'config.json'), { 'text_config.num_hidden_layers': 3 });
    await refuses(openCheckpoint(fewer), /num_hidden_layers is 3, but the weights have more/);
    const tower = await copy();
    await editJson(path.join(tower, 'config.json'), { 'vision_config.num_hidden_layers': 2 });
    await refuses(openCheckpoint(tower), /vision tower has more than the 2 layers/);
  });

  it('gives biases that config.json asks for', async () => {
    const to = await withTensors((t) => {
      for (const [name, tensor] of [...t]) {
        if (!/language_model\.model\.layers.*_proj\.weight$/.test(name)) continue;
        const out = tensor.shape[0];
        t.set(name.replace('weight', 'bias'), { dtype: 'F16', shape: [out], bytes: new Uint8Array(2 * out) });
      }
    });
    await editJson(path.join(to, 'config.json'), { 'text_config.attention_bias': true, 'text_config.mlp_bias': true });
    const [layer] = (await openCheckpoint(to)).decoder.weights.layers;
    assert.deepEqual(layer?.output.bias?.shape, [48]);
    assert.deepEqual(layer?.gate.bias?.shape, [112]);
  });

  it('uses the embedding as head where they are tied', async () => {
    const head = 'language_model.lm_head.weight';
    const to = await withTensors((t) => t.delete(head));
    await refuses(openCheckpoint(to), /lm_head\.weight is missing/);
    await editJson(path.join(to, 'config.json'), { 'text_config.tie_word_embeddings': true });
    const { decoder } = await openCheckpoint(to);
    assert.equal(decoder.weights.head, decoder.weights.embedding);
  });

  it('runs only the tower layers that are used', async () => {
    const to = await copy();
    for (const [layer, run] of [
      [-1, 3],
      [-2, 2],
      [1, 1],
      [-4, 0],
    ] as const) {
      // prettier-ignore
      await editJson(path.join(to, 'config.json'), { vision_feature_layer: layer });
      assert.equal((await openCheckpoint(to)).eye.tower.blocks.length, run, `layer ${layer}`);
    }
    await editJson(path.join(to, 'config.json'), { vision_feature_layer: -5 });
    await refuses(openCheckpoint(to), /vision_feature_layer -5 is out of range: the tower has 3 layers/);
  });

  it('names names that fit no layout', async () => {
    const to = await withTensors((t) => {
      t.clear();
      t.set('transformer.wte.weight', { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) });
    });
    await refuses(openCheckpoint(to), /fit no known layout: the first is transformer\.wte\.weight/);
  });

  describe('image processor', () => {
    const open = async (changes: Record<string, unknown>): ReturnType<typeof openCheckpoint> => {
      const to = await copy();
      await editJson(path.join(to, 'preprocessor_config.json'), changes);
      return openCheckpoint(to);
    };

    const viewsOf = ({ eye }: ModelSpec): ImageLayout => eye.layOut({ width: 200, height: 100 }, 'processor');

    it('reads old and new forms of sizes', async () => {
      for (const size of [112, { shortest_edge: 112 }]) {
        const { views } = viewsOf(await open({ size, crop_size: 112 }));
        assert.deepEqual(views, [{ resize: [{ width: 224, height: 112 }], left: 56, top: 0 }]);
      }
      const { views } = viewsOf(await open({ size: { height: 112, width: 112 }, do_center_crop: false }));
      assert.deepEqual(views, [{ resize: [{ width: 112, height: 112 }], left: 0, top: 0 }]);
    });

    it("fills in the class's defaults, at the tower's size when there is no file", async () => {
      const to = await copy();
      await rm(path.join(to, 'preprocessor_config.json'));
      const [made, base] = [await openCheckpoint(to), await openCheckpoint(modelDir)];
      assert.deepEqual(made.eye.pixels, base.eye.pixels);
      assert.deepEqual(viewsOf(made), viewsOf(base));
    });

    it('reads processor_config.json with the image processor inside', async () => {
      const to = await copy();
      await rm(path.join(to, 'preprocessor_config.json'));
      await writeJson(path.join(to, 'processor_config.json'), {
        image_token: '<picture>',
        image_processor: {
          image_processor_type: 'LlavaImageProcessor',
          size: 112,
          crop_size: 112,
          do_pad: true,
          resample: 2,
        },
      });
      const spec = await openCheckpoint(to);
      assert.deepEqual(
        [spec.eye.aspects[0], spec.prompt.imageTokenText, spec.eye.pixels.resample],
        ['pad', '<picture>', 'bilinear'],
      );
    });

    it('refuses what the tower cannot take, by name', async () => {
      await refuses(open({ crop_size: 224 }), /gives images of 224x224, but the vision tower takes 112x112/);
      await refuses(open({ do_center_crop: false }), /gives images of no fixed size/);
      await refuses(
        open({ image_processor_type: 'SiglipImageProcessor' }),
        /"SiglipImageProcessor", which is not supported/,
      );
      await refuses(open({ resample: 9 }), /resample 9 is not a filter/);
      await refuses(open({ image_mean: [1, 2] }), /image_mean/);
    });
  });

  it('collects end tokens from every file that names one', async () => {
    const to = await copy();
    await editJson(path.join(to, 'generation_config.json'), { eos_token_id: [7, 8] });
    await editJson(path.join(to, 'config.json'), { 'text_config.eos_token_id': 9 });
    assert.deepEqual((await openCheckpoint(to)).eosTokenIds, [7, 8, 9, 2]);
    await rm(path.join(to, 'generation_config.json'));
    await rm(path.join(to, 'tokenizer.json'));
    await editJson(path.join(to, 'config.json'), { 'text_config.eos_token_id': undefined });
    assert.deepEqual((await openCheckpoint(to)).eosTokenIds, [2], "LlamaConfig's own default");
  });

  it('names a missing or broken tokenizer.json', async () => {
    const to = await copy();
    await writeFile(path.join(to, 'tokenizer.json'), '{"model": {"type": "Nope"}}');
    await refuses(openTokenizer({ directory: to }), /tokenizer\.json: is no tokenizer that can be used/);
    await rm(path.join(to, 'tokenizer.json'));
    await refuses(
      openTokenizer({ directory: to }),
      /tokenizer\.json: is missing, and there is no tokenizer\.model \(copy one/,
    );
    await writeFile(path.join(to, 'tokenizer.model'), '');
    await refuses(openTokenizer({ directory: to }), /tokenizer\.model: content: |tokenizer\.model: pieces: /);
  });
});
