/**
 * Tokens that a folder adds to its vocabulary beside what tokenizer.json lists: `added_tokens_decoder` in
 * tokenizer_config.json, or, in folders of older versions, added_tokens.json and special_tokens_map.json. Their order
 * of precedence is that of transformers' PreTrainedTokenizerBase and PreTrainedTokenizerFast.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from './folder';

const flags = { lstrip: z.boolean().nullish(), rstrip: z.boolean().nullish(), normalized: z.boolean().nullish(), single_word: z.boolean().nullish(), special: z.boolean().nullish() }; // prettier-ignore
const tokenSchema = z.looseObject({ content: z.string(), ...flags });
const named = z.union([z.string(), tokenSchema]).nullish();
/** The names transformers knows, in its order. */
const NAMES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;
const namesSchema = z.looseObject({
  ...{ bos_token: named, eos_token: named, unk_token: named, sep_token: named, pad_token: named, cls_token: named, mask_token: named }, // prettier-ignore
  additional_special_tokens: z.array(z.union([z.string(), tokenSchema])).nullish(),
});
const more = z.record(z.string(), z.union([z.string(), tokenSchema]));
const configSchema = namesSchema.extend({
  added_tokens_decoder: z.record(z.string(), tokenSchema).nullish(),
  // transformers 5: a list, or names and tokens
  extra_special_tokens: z.union([z.array(z.union([z.string(), tokenSchema])), more]).nullish(),
  model_specific_special_tokens: more.nullish(),
});
const addedSchema = z.record(z.string(), z.number().int().nonnegative());

type NamedToken = string | z.infer<typeof tokenSchema>;

/** One entry of tokenizer.json's `added_tokens`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

export interface FolderTokens {
  /** `added_tokens_decoder` of tokenizer_config.json, in the order of its ids. */
  readonly listed: readonly Omit<AddedToken, 'id'>[];
  /** With the ids the folder gives them; those of the vocabulary keep their own. */
  readonly added: readonly AddedToken[];
  /** Special tokens by name and the additional ones; their ids are the vocabulary's. */
  readonly special: readonly Omit<AddedToken, 'id'>[];
  /** Texts by name, `bos_token` and so on, as far as the folder has them. */
  readonly names: Readonly<Record<string, string>>;
}

/** @throws CrossflowError `usage` when one of the files is broken */
export async function readFolderTokens(folder: string): Promise<FolderTokens> {
  const config = (await readJsonFile(join(folder, 'tokenizer_config.json'), configSchema)) ?? {};
  const decoder = config.added_tokens_decoder;
  // special_tokens_map.json overrules, but is read in folders without added_tokens_decoder alone
  const map = decoder ? {} : ((await readJsonFile(join(folder, 'special_tokens_map.json'), namesSchema)) ?? {});
  const entries = NAMES.flatMap((name): [string, NamedToken][] => {
    const token = map[name] ?? config[name];
    return token == null ? [] : [[name, token]];
  });
  const additional = [...(config.additional_special_tokens ?? []), ...(map.additional_special_tokens ?? [])];
  const extra = [config.extra_special_tokens, config.model_specific_special_tokens].flatMap((t) =>
    Object.values(t ?? {}),
  );
  const special = [...entries.map(([, token]) => token), ...additional, ...otherNamed(config), ...extra].map(
    specialToken,
  );
  const names = Object.fromEntries(entries.map(([name, token]) => [name, contentOf(token)]));
  if (decoder) {
    const added = Object.entries(decoder).map(([id, t]) => ({ id: Number(id), ...full(t, t.special ?? false) }));
    added.sort((a, b) => a.id - b.id);
    return { listed: added.map(({ id: _, ...token }) => token), added, special, names };
  }
  const texts = new Set(special.map((t) => t.content));
  const file = (await readJsonFile(join(folder, 'added_tokens.json'), addedSchema)) ?? {};
  const added = Object.entries(file).map(([content, id]) => ({ id, ...full({ content }, texts.has(content)) }));
  return { listed: [], added: added.sort((a, b) => a.id - b.id), special, names };
}

/** Names that only some models have, `image_token` for example. */
const otherNamed = (config: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(config).flatMap(([key, value]) =>
    key.endsWith('_token') && typeof value === 'string' && !(NAMES as readonly string[]).includes(key) ? [value] : [],
  );

const contentOf = (token: NamedToken): string => (typeof token === 'string' ? token : token.content);
const specialToken = (token: NamedToken): Omit<AddedToken, 'id'> =>
  full(typeof token === 'string' ? { content: token } : token, true);

function full(token: z.input<typeof tokenSchema>, special: boolean): Omit<AddedToken, 'id'> {
  return {
    content: token.content,
    single_word: token.single_word ?? false,
    lstrip: token.lstrip ?? false,
    rstrip: token.rstrip ?? false,
    normalized: token.normalized ?? !special,
    special,
  };
}
