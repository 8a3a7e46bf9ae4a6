/** Every key of a family's Python classes is used, harmless or refused, and is what its list says it is. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import * as path from 'node:path';
import { closeFiles } from '../../src/core/checkpoint/read';
import type { KeyRules } from '../../src/core/checkpoint/keys/rules';
import { CrossflowError } from '../../src/core/errors';
import { FAMILIES, familyOf, openCheckpoint, parseConfig } from '../../src/core/families';
import type { FamilyKeys, RawConfig } from '../../src/core/families/family';
import { FAMILY_KEYS } from '../../src/core/families/keys/models';
import { refuseConfigKeys, refuseFileKeys } from '../../src/core/families/keys/refuse';
import { TEXT_KEYS } from '../../src/core/families/keys/text';
import { onlyRules, otherValue } from '../checkpoint/key-lists';
import { writeJson, type Json } from '../support/checkpoints';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';
import { GOLDENS } from './registry';

interface Python {
  readonly versions: readonly string[];
  readonly keys: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly decoders: Readonly<Record<string, readonly string[]>>;
}
/** test/golden/tools/config_keys.py, of a version 4 and a version 5 of transformers. */
const python = JSON.parse(
  readFileSync(path.join(repositoryRoot, 'test/families/fixtures/python-keys.json'), 'utf8'),
) as Python;
const LISTS: Readonly<Record<string, FamilyKeys>> = FAMILY_KEYS;

/** A family's list for a file; `text`: of the decoder that its configs have when they do not say. */
const rulesOf = (keys: FamilyKeys, file: string): KeyRules =>
  file === 'text' ? TEXT_KEYS[keys.text].keys : keys[file as 'config'];
const readJson = (file: string): Json => JSON.parse(readFileSync(file, 'utf8')) as Json;
const isObject = (x: unknown): x is Json => typeof x === 'object' && x !== null && !Array.isArray(x);

/** Values to try on a key, the likeliest first: of the type that stands there. */
function trials(now: unknown): unknown[] {
  const any = [7, 2, true, false, 'other', [7], [[7, 7]], { other: 7 }, 1e-4];
  if (typeof now === 'number') return [now * 2, now + 1, now / 2, ...any];
  if (typeof now === 'boolean') return [!now, ...any];
  if (Array.isArray(now)) return [now.slice(1), now.map((x: unknown) => (typeof x === 'number' ? x + 1 : x)), ...any];
  if (isObject(now)) {
    const numbers = Object.entries(now).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
    return [Object.fromEntries(numbers.map(([k, v]) => [k, v * 2])), ...any];
  }
  return any;
}

describe('keys of the families’ files', () => {
  const folder = temporaryFolder();

  it('come from two generations of transformers, for every family', () => {
    assert.deepEqual(
      python.versions.map((v) => v.split('.')[0]),
      ['4', '5'],
    );
    for (const { id, keys } of FAMILIES) assert.equal(keys, LISTS[id.replace('llava_next', 'llava')], id);
    const elsewhere = ['llava', 'llava_original'];
    assert.deepEqual(Object.keys(python.keys).sort(), Object.keys(LISTS).filter((id) => !elsewhere.includes(id)).sort()); // prettier-ignore
  });

  for (const [id, files] of Object.entries(python.keys)) {
    it(`${id}: each key of each class has its place in a list, a harmless one says why`, () => {
      for (const [file, keys] of Object.entries(files)) {
        const rules = rulesOf(LISTS[id], file);
        assert.ok(keys.length > 8, file);
        const missing = keys.filter((key) => !Object.hasOwn(rules, key));
        assert.deepEqual(missing, [], `${file}: decide whether it is used, harmless or refused`);
        for (const [key, rule] of Object.entries(rules)) {
          if (rule.kind === 'harmless') assert.ok(rule.because.length > 8, `${file}: ${key}`);
        }
      }
    });
  }
  for (const [name, keys] of Object.entries(python.decoders)) {
    it(`decoder ${name}: each key has its place in a list`, () => {
      const { keys: rules } = TEXT_KEYS[name as keyof typeof TEXT_KEYS];
      assert.deepEqual(keys.filter((key) => !Object.hasOwn(rules, key)), []); // prettier-ignore
    });
  }

  for (const [id, family] of Object.entries(LISTS)) {
    it(`${id}: a value that is not supported is refused by name and place, the supported one and null are not`, async () => {
      const refuses = (config: RawConfig): void => refuseConfigKeys(config, family, 'config.json');
      const places: [string, KeyRules, (json: Json) => RawConfig][] = [
        ['', family.config, (json) => json],
        ['text_config.', TEXT_KEYS[family.text].keys, (json) => ({ text_config: json })],
        ['text_config.rope_scaling.', TEXT_KEYS[family.text].rope, (json) => ({ text_config: { rope_scaling: json } })],
        ['vision_config.', family.vision, (json) => ({ vision_config: json })],
      ];
      for (const [place, rules, at] of places) {
        for (const [key, values] of onlyRules(rules)) {
          const words = `config.json: ${place}${key} is `;
          assert.throws(() => refuses(at({ [key]: otherValue(values) })), (e) => e instanceof CrossflowError && e.line.includes(words), words); // prettier-ignore
          for (const value of [...values, null]) refuses(at({ [key]: value }));
        }
      }
      const to = folder.join(id);
      await mkdir(to);
      const inFiles: [string, KeyRules, (json: Json) => Json][] = [
        ['generation_config.json', family.generation, (json) => json],
        ['preprocessor_config.json', family.image, (json) => json],
        ['processor_config.json', family.processor, (json) => json],
        ['processor_config.json', family.image, (json) => ({ image_processor: json })],
      ];
      for (const [name, rules, at] of inFiles) {
        const file = path.join(to, name);
        for (const [key, values] of onlyRules(rules)) {
          await writeJson(file, at({ [key]: otherValue(values) }));
          const words = new RegExp(`${name}: (image_processor\\.)?${key} is .*not supported`);
          await assert.rejects(refuseFileKeys(to, family), (e) => e instanceof CrossflowError && words.test(e.line), key); // prettier-ignore
          for (const value of [...values, null]) {
            await writeJson(file, at({ [key]: value }));
            await refuseFileKeys(to, family);
          }
        }
        await writeJson(file, {});
      }
    });
  }

  const goldens = path.join(repositoryRoot, 'test/golden');
  for (const room of ['real', 'families']) {
    for (const name of readdirSync(path.join(goldens, room))) {
      it(`${room}/${name}: its files are accepted`, async () => {
        const at = path.join(goldens, room, name);
        const config = readJson(path.join(at, 'config.json'));
        const type = String(config['model_type']).replace('smolvlm', 'idefics3');
        refuseConfigKeys(config, LISTS[type], 'config.json');
        await refuseFileKeys(at, LISTS[type]);
      });
    }
  }

  for (const [id, folders] of Object.entries(GOLDENS)) {
    it(`${id}: a used key of config.json changes what is parsed, or is refused by name`, () => {
      const configs = folders.map((name) => readJson(path.join(goldens, 'families', name, 'config.json')));
      const { keys } = familyOf(configs[0], '');
      const places: [string, KeyRules][] = [
        ['', keys.config],
        ['vision_config', keys.vision],
        ['text_config', TEXT_KEYS[keys.text].keys],
      ];
      for (const [place, rules] of places) {
        const used = Object.entries(rules).flatMap(([key, rule]) => (rule.kind === 'used' ? [key] : []));
        // the folder's opener reads crossflow; the others choose the family or stand for text_config
        const own = used.filter((key) => place !== '' || !isShadowed(key, configs, keys));
        for (const key of own)
          assert.ok(isSeen(place, key, configs), `${place}.${key} is not used: its list says it is`);
      }
    });
  }

  for (const [id, folders] of Object.entries(GOLDENS)) {
    it(`${id}: a used key of the processor’s files changes the spec, or is refused by name`, async () => {
      const tried = await Promise.all(folders.map((name) => imageTrials(path.join(goldens, 'families', name), folder.join(`image-${name}`)))); // prettier-ignore
      for (const key of Object.keys(tried[0])) assert.ok(tried.some((t) => t[key]), `${key} is not used: its list says it is`); // prettier-ignore
    });
  }

  it('a prompt with another number of placeholders for a tile than the tower gives features is refused', async () => {
    const to = folder.join('placeholders');
    await cp(path.join(goldens, 'families/smolvlm'), to, { recursive: true });
    await openCheckpoint(to);
    await writeJson(path.join(to, 'processor_config.json'), { image_seq_len: 169 });
    await assert.rejects(
      openCheckpoint(to),
      (e) => e instanceof CrossflowError && /processor_config\.json: image_seq_len is 169, but the tower gives 16/.test(e.line),
    ); // prettier-ignore
  });
});

/** Keys at the top that are used elsewhere, or that only a config without `text_config` has there. */
const isShadowed = (key: string, configs: readonly Json[], keys: FamilyKeys): boolean =>
  ['crossflow', 'model_type', 'architectures'].includes(key) ||
  (Object.hasOwn(TEXT_KEYS[keys.text].keys, key) && configs.every((c) => isObject(c['text_config'])) && !['tie_word_embeddings', 'eos_token_id', 'quantization_config'].includes(key)); // prettier-ignore

function isSeen(place: string, key: string, configs: readonly Json[]): boolean {
  return configs.some((config) => {
    const inner = place === '' ? config : ((config[place] ?? {}) as Json);
    const put = (value: unknown): Json => {
      const changed = { ...inner, [key]: value };
      return place === '' ? changed : { ...config, [place]: changed };
    };
    const seen = (json: Json): string => {
      try {
        return JSON.stringify(parseConfig(json, 'x').config);
      } catch (e) {
        if (e instanceof CrossflowError && e.kind === 'usage') return `refused: ${e.line}`;
        throw e;
      }
    };
    const plain = seen(config);
    assert.ok(!plain.startsWith('refused'), plain);
    return [undefined, ...trials(inner[key])].some((value) => {
      const outcome = seen(put(value));
      return outcome !== plain && (!outcome.startsWith('refused') || outcome.includes(key));
    });
  });
}

/** For each used key of the image processor whether some value of it changes what the folder opens as. */
async function imageTrials(from: string, to: string): Promise<Record<string, boolean>> {
  await cp(from, to, { recursive: true });
  const nestedFile = path.join(to, 'processor_config.json');
  const nested = existsSync(nestedFile) ? readJson(nestedFile) : {};
  const inside = isObject(nested['image_processor']);
  const file = inside ? nestedFile : path.join(to, 'preprocessor_config.json');
  const raw = inside ? (nested['image_processor'] as Json) : readJson(file);
  const open = async (json: Json): Promise<string> => {
    await writeJson(file, inside ? { ...nested, image_processor: json } : json);
    try {
      const { eye } = await openCheckpoint(to);
      const layouts = [{ width: 300, height: 170 }, { width: 40, height: 30 }].map((size) => eye.layOut(size, eye.aspects[0])); // prettier-ignore
      return JSON.stringify({ pixels: eye.pixels, aspects: eye.aspects, layouts });
    } catch (e) {
      if (e instanceof CrossflowError && e.kind === 'usage') return `refused: ${e.line}`;
      throw e;
    }
  };
  const plain = await open(raw);
  assert.ok(!plain.startsWith('refused'), plain);
  const { keys } = parseConfig(readJson(path.join(to, 'config.json')), 'x').family;
  const seen: Record<string, boolean> = {};
  for (const [key, rule] of Object.entries(keys.image)) {
    if (rule.kind !== 'used') continue;
    seen[key] = false;
    for (const value of trials(raw[key])) {
      // the older name of the class is read where the newer is missing
      const { image_processor_type: _, ...unnamed } = raw;
      const outcome = await open({ ...(key === 'feature_extractor_type' ? unnamed : raw), [key]: value });
      seen[key] = outcome !== plain && (!outcome.startsWith('refused') || outcome.includes(key));
      if (seen[key]) break;
    }
  }
  await closeFiles();
  return seen;
}
