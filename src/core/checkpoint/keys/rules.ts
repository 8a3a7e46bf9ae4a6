/**
 * What Crossflow does with each key that the Python classes take from a checkpoint's files. The lists beside this file,
 * and those of families in families/keys, hold every key of those classes; `test/checkpoint/keys.test.ts` and
 * `test/families/keys.test.ts` hold them against the classes themselves.
 *
 * A key that no Python class knows has no effect there, and none here.
 */
import { isDeepStrictEqual } from 'node:util';
import { usage } from '../../errors';

export type KeyRule =
  /** Read by a parser, which refuses the values that it cannot use. */
  | { readonly kind: 'used' }
  /** Changes no number that Crossflow gives. */
  | { readonly kind: 'harmless'; readonly because: string }
  /** One of these values, or null, is what Crossflow does; any other is refused. */
  | { readonly kind: 'only'; readonly values: readonly unknown[] }
  /** The same, but any other is left aside, and whoever opens the checkpoint is told. */
  | { readonly kind: 'aside'; readonly values: readonly unknown[]; readonly because: string };

export type KeyRules = Readonly<Record<string, KeyRule>>;

export const used: KeyRule = { kind: 'used' };
export const harmless = (because: string): KeyRule => ({ kind: 'harmless', because });
/** Without values: null. */
export const only = (...values: readonly unknown[]): KeyRule => ({ kind: 'only', values });

export const aside = (because: string, ...values: readonly unknown[]): KeyRule => ({ kind: 'aside', values, because });

/** The same rule for several keys. */
export const each = <K extends string>(rule: KeyRule, ...keys: readonly K[]): Readonly<Record<K, KeyRule>> =>
  Object.fromEntries(keys.map((key) => [key, rule])) as Record<K, KeyRule>;

/**
 * @param json an object of a file, as parsed
 * @param prefix how errors name the place, e.g. `text_config`
 * @throws CrossflowError `usage` naming the first key whose value is not supported, and the values that are
 */
export function refuseKeys(json: Readonly<Record<string, unknown>>, rules: KeyRules, file: string, prefix = ''): void {
  for (const [key, value] of Object.entries(json)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule?.kind !== 'only' || value == null) continue;
    const text = JSON.stringify(value);
    if (rule.values.some((v) => isDeepStrictEqual(v, value))) continue;
    const name = prefix === '' ? key : `${prefix}.${key}`;
    const supported = rule.values.length === 0 ? 'null' : rule.values.map((v) => JSON.stringify(v)).join(', ');
    throw usage(`${name} is ${text}, which is not supported`, file, `supported: ${supported}`);
  }
}

/** A sentence for each value that is left aside. `file`: its name, to be shown. */
export function notesOn(json: Readonly<Record<string, unknown>>, rules: KeyRules, file: string): string[] {
  return Object.entries(json).flatMap(([key, value]) => {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule?.kind !== 'aside' || value == null || rule.values.some((v) => isDeepStrictEqual(v, value))) return [];
    return [`${file}: ${key} ${JSON.stringify(value)} is not used: ${rule.because}`];
  });
}
