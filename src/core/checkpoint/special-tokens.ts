import { join } from 'node:path';
import { z } from 'zod';
import { usage } from '../errors';
import { readJsonFile } from './folder';
import { refuseKeys } from './keys/rules';
import { TOKENIZER_KEYS } from './keys/tokenizer';

const ids = z.union([z.number().int().nonnegative(), z.array(z.number().int().nonnegative())]).nullish();
const generationSchema = z.looseObject({ eos_token_id: ids });
const tokenText = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const tokenizerConfigSchema = z.looseObject({
  eos_token: tokenText,
  image_token: tokenText,
  added_tokens_decoder: z.record(z.string(), z.looseObject({ content: z.string() })).nullish(),
});
const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int(), content: z.string() })).nullish(),
});

/** LlamaConfig's own default, where neither a config nor the tokenizer names an end token. */
const DEFAULT_EOS = 2;
/** Ends a turn in Llama 3, whose config may name only `<|end_of_text|>`. */
const LLAMA3_TURN_END = '<|eot_id|>';

/**
 * End tokens and the image token's text, as far as the folder's files tell. An answer ends at any end token that
 * generation_config.json, config.json or the tokenizer names: original Llama 3 folders name different ones in each.
 */
export async function readTokens(
  folder: string,
  imageTokenId: number,
  configEos: readonly number[],
  processorImageText?: string,
): Promise<{ eos: readonly number[]; imageText?: string }> {
  const generation = await readJsonFile(join(folder, 'generation_config.json'), generationSchema);
  const config = await readJsonFile(join(folder, 'tokenizer_config.json'), tokenizerConfigSchema);
  if (config) refuseKeys(config, TOKENIZER_KEYS, join(folder, 'tokenizer_config.json'));
  const added = new Map<string, number>();
  for (const [id, { content }] of Object.entries(config?.added_tokens_decoder ?? {})) added.set(content, Number(id));
  if (added.size === 0) {
    const tokenizer = await readJsonFile(join(folder, 'tokenizer.json'), tokenizerSchema);
    for (const { id, content } of tokenizer?.added_tokens ?? []) added.set(content, id);
  }
  const text = (t: z.infer<typeof tokenText>): string | undefined => (typeof t === 'string' ? t : t?.content);
  const ofTokenizer = [text(config?.eos_token), LLAMA3_TURN_END].map((t) => (t === undefined ? t : added.get(t)));
  const ends = [...[generation?.eos_token_id ?? []].flat(), ...configEos, ...ofTokenizer];
  const eos = [...new Set(ends.filter((id): id is number => id !== undefined))];
  const named = text(config?.image_token);
  if (named !== undefined && processorImageText !== undefined && named !== processorImageText) {
    // LlavaProcessor takes the tokenizer's, and says nothing of its own
    const what = `image_token is "${named}", but processor_config.json says "${processorImageText}"`;
    throw usage(what, join(folder, 'tokenizer_config.json'), 'make the two the same');
  }
  const imageText = named ?? processorImageText ?? [...added].find(([, id]) => id === imageTokenId)?.[0];
  return { eos: eos.length > 0 ? eos : [DEFAULT_EOS], ...(imageText === undefined ? {} : { imageText }) };
}
