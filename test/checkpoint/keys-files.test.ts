import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { closeFiles } from '../../src/core/checkpoint/read';
import { openTokenizer } from '../../src/core/checkpoint/tokenizer';
import { openCheckpoint } from '../../src/core/families';
import { IMAGE_PROCESSOR_KEYS, PROCESSOR_KEYS } from '../../src/core/families/keys/processors';
import { Questions } from '../../src/core/engine/questions';
import { CrossflowError } from '../../src/core/errors';
import { copyCheckpoint, editJson, relayout, writeJson, type Json } from '../support/checkpoints';
import { loadGolden } from '../support/golden';
import { temporaryFolder } from '../support/temporary';
import { changesOf, LISTS, onlyRules, otherValue } from './key-lists';

const PINPOINTS = [[336, 672], [672, 336]]; // prettier-ignore

describe('keys of the files beside config.json', () => {
  const folder = temporaryFolder();
  const copies = { plain: '', tiled: '' };
  const { modelDir } = loadGolden('llava-1.5-pad');
  before(async () => {
    copies.plain = await copyCheckpoint(modelDir, folder.join('plain'));
    copies.tiled = await copyCheckpoint(loadGolden('llava-next-vicuna').modelDir, folder.join('tiled'));
  });
  afterEach(() => closeFiles());

  /** Opens the folder with one file changed, which then is as before. */
  async function openWith(file: string, changes: Json, to = copies.plain): ReturnType<typeof openCheckpoint> {
    const at = path.join(to, file);
    const before = JSON.parse(readFileSync(at, 'utf8')) as Json;
    await editJson(at, changes);
    try {
      return await openCheckpoint(to);
    } finally {
      await writeJson(at, before);
    }
  }

  for (const [kind, file] of [
    ['image processor', 'preprocessor_config.json'],
    ['generation', 'generation_config.json'],
    ['tokenizer', 'tokenizer_config.json'],
  ] as const) {
    it(`${file}: a value that is not supported is refused by name, the supported one and null are not`, async () => {
      for (const [key, values] of onlyRules(LISTS[kind])) {
        await assert.rejects(
          openWith(file, { [key]: otherValue(values) }),
          (e) => e instanceof CrossflowError && e.line.includes(`${file}: ${key} is `) && /not supported/.test(e.line),
          key,
        );
        for (const value of [...values, null]) await openWith(file, { [key]: value });
      }
    });
  }

  it('preprocessor_config.json: a used one changes the spec, or the folder is refused', async () => {
    const llava = { image_processor_type: 'LlavaImageProcessor', do_pad: true };
    const changes: Readonly<Record<string, unknown>> = {
      image_processor_type: 'SiglipImageProcessor', do_resize: false, size: 120, resample: 2, do_center_crop: false,
      feature_extractor_type: { image_processor_type: undefined, feature_extractor_type: 'ViTFeatureExtractor' },
      crop_size: 56, do_rescale: false, rescale_factor: 0.5, do_normalize: false, image_mean: [0, 0, 0],
      image_std: [1, 1, 1], do_pad: llava, image_grid_pinpoints: PINPOINTS,
    }; // prettier-ignore
    const seen = async (change: Json, to: string): Promise<string> => {
      try {
        const { eye } = await openWith('preprocessor_config.json', change, to);
        const { aspects, pixels } = eye;
        const { views, frame } = eye.layOut({ width: 130, height: 70 }, aspects[0]);
        return JSON.stringify({ aspects, pixels, views, frame });
      } catch (e) {
        assert.ok(e instanceof CrossflowError && e.line.includes('preprocessor_config.json'), String(e));
        return e.line;
      }
    };
    for (const [key, rule] of Object.entries(IMAGE_PROCESSOR_KEYS)) {
      if (rule.kind !== 'used') continue;
      assert.ok(Object.hasOwn(changes, key), `${key} has no value in this test`);
      const to = key === 'image_grid_pinpoints' ? copies.tiled : copies.plain;
      const [without, patch] = changesOf(key, changes[key]);
      assert.notEqual(await seen(patch, to), await seen(without, to), `${key} is not used`);
    }
  });

  const withProcessor = async (processor: Json, config: Json = {}): ReturnType<typeof openCheckpoint> => {
    await writeJson(path.join(copies.plain, 'processor_config.json'), processor);
    return openWith('config.json', config);
  };
  /** A tower of 112 pixels and patches of 14: 64 features, and the class token. */
  const right = { patch_size: 14, num_additional_image_tokens: 1, vision_feature_select_strategy: 'default' };
  const refuses = (processor: Json, message: RegExp, config?: Json): Promise<void> =>
    assert.rejects(
      withProcessor(processor, config),
      (e) => e instanceof CrossflowError && e.kind === 'usage' && message.test(e.line),
    );

  it('processor_config.json: another number of placeholders than features is refused with both settings', async () => {
    await withProcessor(right);
    await refuses(
      { ...right, num_additional_image_tokens: 0 },
      /processor_config\.json: patch_size 14, num_additional_image_tokens 0, vision_feature_select_strategy "default" make 63 placeholders of an image, but the vision tower gives 64 features \(right for this tower: .*num_additional_image_tokens 1/,
    );
    await refuses({ ...right, patch_size: 16 }, /make 49 placeholders.*gives 64 features/);
    await refuses({ ...right, vision_feature_select_strategy: 'full' }, /make 65 placeholders.*gives 64 features/);
    await refuses(right, /make 64 placeholders.*gives 65 features/, { vision_feature_select_strategy: 'full' });
    await withProcessor(
      { ...right, vision_feature_select_strategy: 'full' },
      { vision_feature_select_strategy: 'full' },
    );
    // without the last one Python takes nothing away
    await withProcessor({ patch_size: 14, num_additional_image_tokens: 0, vision_feature_select_strategy: 'full' });
    // versions 4.45 and 4.46 wrote no num_additional_image_tokens
    await withProcessor({ patch_size: 14, vision_feature_select_strategy: 'default' });
    await withProcessor({ image_token: '<image>' });
    await refuses({ ...right, vision_feature_select_strategy: 'cls' }, /vision_feature_select_strategy is "cls"/);
  });

  it('image_token: two texts are refused with both', async () => {
    await writeJson(path.join(copies.plain, 'processor_config.json'), { image_token: '<picture>' });
    assert.equal((await openWith('config.json', {})).prompt.imageTokenText, '<picture>');
    await assert.rejects(
      openWith('tokenizer_config.json', { image_token: '<image>' }),
      (e) =>
        e instanceof CrossflowError &&
        /tokenizer_config\.json: image_token is "<image>", but processor_config\.json says "<picture>"/.test(e.line),
    );
    assert.equal(
      (await openWith('tokenizer_config.json', { image_token: '<picture>' })).prompt.imageTokenText,
      '<picture>',
    );
  });

  it('tokenizer_model_max_length: a prompt that the original code would cut is refused with both lengths', async () => {
    const to = await relayout(modelDir, 'original', folder.join('original'));
    const ask = async (limit: number | undefined): Promise<number> => {
      await editJson(path.join(to, 'config.json'), { tokenizer_model_max_length: limit });
      const spec = await openCheckpoint(to);
      const questions = new Questions(spec, await openTokenizer(spec));
      const asked = { template: 'vicuna_v1', instruction: '', question: 'What is it?', sets: {} } as const;
      const image = path.join(modelDir, 'image0.png');
      return (await questions.prepare({ ...asked, image })).info.tokens.length;
    };
    const tokens = await ask(undefined);
    assert.equal(await ask(tokens), tokens);
    await assert.rejects(
      ask(tokens - 1),
      (e) =>
        e instanceof CrossflowError &&
        e.line.includes(`has ${tokens} tokens, but tokenizer_model_max_length cuts it at ${tokens - 1}`),
    );
  });

  it('processor_config.json: a value that is not supported is refused by name', async () => {
    for (const [key, values] of onlyRules(PROCESSOR_KEYS)) {
      await refuses({ [key]: otherValue(values) }, new RegExp(`processor_config\\.json: ${key} is .*not supported`));
      for (const value of [...values, null]) await withProcessor({ [key]: value });
    }
  });
});
