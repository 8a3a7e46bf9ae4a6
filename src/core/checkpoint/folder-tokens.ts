/** What a folder's tokenizer_config.json adds to its tokenizer.json, and where the two contradict each other. */
import { z } from 'zod';
import { usage } from '../errors';
import type { AddedToken, FolderTokens } from './added-tokens';
import type { Encoder } from './encoder';
import { parseValue } from './folder';

const listSchema = z
  .array(
    z.looseObject({
      id: z.number().int().nonnegative(),
      content: z.string(),
      single_word: z.boolean().nullish(),
      lstrip: z.boolean().nullish(),
      rstrip: z.boolean().nullish(),
      normalized: z.boolean().nullish(),
      special: z.boolean().nullish(),
    }),
  )
  .nullish();

/** `added_tokens` of a tokenizer.json, with the defaults of Rust's AddedToken. */
export function addedTokensOf(json: Readonly<Record<string, unknown>>, file: string): AddedToken[] {
  return (parseValue(json['added_tokens'], listSchema, file, 'added_tokens') ?? []).map((t) => ({
    id: t.id,
    content: t.content,
    single_word: t.single_word ?? false,
    lstrip: t.lstrip ?? false,
    rstrip: t.rstrip ?? false,
    normalized: t.normalized ?? !(t.special ?? false),
    special: t.special ?? false,
  }));
}

/**
 * The added tokens of tokenizer.json with what the folder says beside it, as PreTrainedTokenizerFast loads both: an
 * entry of `added_tokens_decoder` overrules how its token is found, and named special tokens that are no added tokens
 * yet become some.
 */
export function withFolderTokens(
  added: readonly AddedToken[],
  json: Readonly<Record<string, unknown>>,
  folder: Pick<FolderTokens, 'listed' | 'special'>,
): AddedToken[] {
  const all = new Map(added.map((token) => [token.content, token]));
  const { vocab } = (json['model'] ?? {}) as { readonly vocab?: unknown };
  const model = typeof vocab === 'object' && vocab !== null && !Array.isArray(vocab) ? (vocab as Record<string, unknown>) : {}; // prettier-ignore
  const size = Array.isArray(vocab) ? vocab.length : Object.keys(model).length;
  const nextId = (): number => Math.max(size, ...[...all.values()].map((t) => t.id + 1));
  const put = (token: Omit<AddedToken, 'id'>): void => {
    if (token.content === '') return;
    const own = Object.hasOwn(model, token.content) ? model[token.content] : undefined;
    const id = all.get(token.content)?.id ?? (typeof own === 'number' ? own : nextId());
    all.set(token.content, { ...token, id });
  };
  for (const token of folder.listed) put(token);
  for (const token of folder.special) if (!all.has(token.content)) put(token);
  return [...all.values()];
}

const switches = z.looseObject({
  tokenizer_class: z.string().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
});
/** These take tokenizer.json as it is, in every version of transformers. */
const PLAIN_CLASSES = ['PreTrainedTokenizerFast', 'PreTrainedTokenizer', 'TokenizersBackend'];

/**
 * LlamaTokenizerFast makes these three anew, whatever tokenizer.json has, in some versions of transformers and not in
 * others. Where both say the same there is nothing to choose.
 * @throws CrossflowError `usage` naming the key
 */
export function refuseContradictions(
  encoder: Pick<Encoder, 'encode' | 'id'>,
  json: Readonly<Record<string, unknown>>,
  names: Readonly<Record<'bos' | 'eos', string | undefined>>,
  config: unknown,
  file: string,
): void {
  const given = parseValue(config, switches, file);
  if (given.tokenizer_class != null && PLAIN_CLASSES.includes(given.tokenizer_class)) return;
  const around = encoder.encode('', { special: true });
  const idOf = (name: 'bos' | 'eos'): number | undefined => (names[name] === undefined ? undefined : encoder.id(names[name])); // prettier-ignore
  const [bos, eos] = [idOf('bos'), idOf('eos')];
  const refuse = (key: string, value: boolean, what: string): never => {
    throw usage(`${key} is ${value}, but tokenizer.json ${what}`, file, 'make the two say the same');
  };
  if (given.add_bos_token != null && bos !== undefined && given.add_bos_token !== (around[0] === bos)) {
    refuse('add_bos_token', given.add_bos_token, given.add_bos_token ? `adds no ${names.bos}` : `adds ${names.bos}`);
  }
  if (given.add_eos_token != null && eos !== undefined && eos !== bos && given.add_eos_token !== (around.at(-1) === eos)) {
    refuse('add_eos_token', given.add_eos_token, given.add_eos_token ? `adds no ${names.eos}` : `adds ${names.eos}`);
  } // prettier-ignore
  const space = prefixSpace(json);
  if (given.add_prefix_space != null && given.add_prefix_space !== space) {
    refuse('add_prefix_space', given.add_prefix_space, space ? 'puts a space in front' : 'puts no space in front');
  }
}

/** Whether a text gets a space in front: by the normaliser, by Metaspace or by ByteLevel. */
function prefixSpace(json: Readonly<Record<string, unknown>>): boolean {
  const parts = (part: unknown): Record<string, unknown>[] => {
    if (typeof part !== 'object' || part === null) return [];
    const { normalizers, pretokenizers } = part as Record<string, unknown>;
    const nested = [normalizers, pretokenizers].flatMap((list) => (Array.isArray(list) ? list.flatMap(parts) : []));
    return [part as Record<string, unknown>, ...nested];
  };
  return [...parts(json['normalizer']), ...parts(json['pre_tokenizer'])].some((part) => {
    switch (part['type']) {
      case 'Prepend':
        return true;
      case 'Metaspace':
        return (part['prepend_scheme'] ?? 'always') !== 'never' && (part['add_prefix_space'] ?? true) !== false;
      case 'ByteLevel':
        return part['add_prefix_space'] === true;
      default:
        return false;
    }
  });
}
