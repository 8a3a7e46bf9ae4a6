/** The lists of keys that the tests go through, and values to try on them. */
import { DECODER_KEYS, ROPE_KEYS } from '../../src/core/families/keys/text';
import { GENERATION_KEYS } from '../../src/core/checkpoint/keys/generation';
import { MODEL_KEYS, ORIGINAL_KEYS } from '../../src/core/families/keys/models';
import { IMAGE_PROCESSOR_KEYS, PROCESSOR_KEYS } from '../../src/core/families/keys/processors';
import type { KeyRules } from '../../src/core/checkpoint/keys/rules';
import { ADDED_TOKEN_KEYS, TOKENIZER_KEYS } from '../../src/core/checkpoint/keys/tokenizer';
import { CLIP_KEYS, TOWER_KEYS } from '../../src/core/families/keys/towers';
import type { Json } from '../support/checkpoints';

/** By kind, as in fixtures/python-keys.json. */
export const LISTS: Readonly<Record<string, KeyRules>> = {
  model: MODEL_KEYS,
  text: DECODER_KEYS,
  rope: ROPE_KEYS,
  vision: TOWER_KEYS,
  clip: CLIP_KEYS,
  'image processor': IMAGE_PROCESSOR_KEYS,
  processor: PROCESSOR_KEYS,
  generation: GENERATION_KEYS,
  tokenizer: { ...TOKENIZER_KEYS, ...ADDED_TOKEN_KEYS },
  original: ORIGINAL_KEYS,
};

/** The change without the key and with it; a value that names the key brings more changes along. */
export function changesOf(key: string, value: unknown): [without: Json, patch: Json] {
  const patch = typeof value === 'object' && value !== null && key in value ? (value as Json) : { [key]: value };
  return [Object.fromEntries(Object.entries(patch).filter(([k]) => k !== key)), patch];
}

const ANY = [true, false, 2, 'other', ['other'], { other: 1 }];
/** One that is not among these, of their type. */
export const otherValue = (values: readonly unknown[]): unknown =>
  ANY.find((v) => values.length === 0 || (typeof v === typeof values[0] && !values.some((x) => JSON.stringify(x) === JSON.stringify(v)))); // prettier-ignore
export const onlyRules = (rules: KeyRules): [string, readonly unknown[]][] =>
  Object.entries(rules).flatMap(([key, rule]) => (rule.kind === 'only' ? [[key, rule.values]] : []));
