/**
 * Text to token ids and back, from the folder's own tokenizer.json or tokenizer.model; nothing is ever fetched.
 *
 * This uses @huggingface/tokenizers and @huggingface/jinja, the two parts that PreTrainedTokenizer of
 * @huggingface/transformers consists of, and not that package as a whole: importing it takes about 250 ms and loads
 * onnxruntime-node and sharp along with it, the two parts take 15 ms. A test holds both against each other.
 */
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { z } from 'zod';
import { failed, usage } from '../errors';
import { readFolderTokens, type AddedToken } from './added-tokens';
import { readChatTemplate } from './chat-template';
import { Encoder } from './encoder';
import { isFile, reason, readJsonFile } from './folder';
import { addedTokensOf, refuseContradictions, withFolderTokens } from './folder-tokens';
import { refuseKeys } from './keys/rules';
import { TOKENIZER_KEYS } from './keys/tokenizer';
import type { ConvertedTokenizer } from './llama-tokenizer';
import type { ModelSpec } from '../spec';
import {
  binaryString,
  hasByteFallback,
  replaceBrokenRuns,
  tokenBytes,
  visibleText,
  vocabularyKind,
} from './token-text';

/** One part of a chat message, as chat templates of LLaVA expect them. */
export type ChatPart = { readonly type: 'image' } | { readonly type: 'text'; readonly text: string };
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: readonly ChatPart[];
}

export interface Tokenizer {
  /** Text of the begin-of-sequence token, where the tokenizer names one. */
  readonly bosText?: string;
  /** Whether the folder has a chat template. */
  readonly hasChatTemplate: boolean;
  /** @param options.special whether the tokenizer adds its own special tokens (bos) */
  encode(text: string, options: { readonly special: boolean }): number[];
  /** Text of an answer, as Python's `decode` gives it. Ids without a token (padded vocabulary) are left out. */
  decode(ids: readonly number[], options?: { readonly skipSpecial?: boolean }): string;
  /** One token for people: spaces and newlines as such, bytes that are no whole character as `<0xE2>`. */
  tokenText(id: number): string;
  /** Token strings as the published code compares them with the prompt: `▁` or `Ġ` is a space, `Ċ` a newline. */
  pieces(ids: readonly number[]): string[];
  /** The tokens' UTF-8 bytes, one character (0-255) per byte. */
  bytePieces(ids: readonly number[]): string[];
  /** Id of a token string, or undefined. */
  id(token: string): number | undefined;
  isSpecial(id: number): boolean;
  /** True for a token that is cut out of a text before anything else is, special or not. */
  isAdded(id: number): boolean;
  /** The token whose probability stands for a word: its first. @throws CrossflowError `usage` when it has none */
  firstToken(word: string): number;
  /** The checkpoint's chat template filled with these messages, up to where the answer begins. */
  chat(messages: readonly ChatMessage[]): string;
}

const jsonObject = z.record(z.string(), z.unknown());
const tokenText = z.union([z.string(), z.looseObject({ content: z.string() })]).nullish();
const configSchema = z.looseObject({
  bos_token: tokenText,
  eos_token: tokenText,
  unk_token: tokenText,
  pad_token: tokenText,
  clean_up_tokenization_spaces: z.boolean().nullish(),
});

/**
 * Reads tokenizer.json, or tokenizer.model where that is missing.
 * @throws CrossflowError `usage` when both are missing, or the one that is there cannot be used
 */
export async function openTokenizer(spec: Pick<ModelSpec, 'directory'>): Promise<Tokenizer> {
  const { directory } = spec;
  const written = join(directory, 'tokenizer.json');
  const model = join(directory, 'tokenizer.model');
  const configFile = join(directory, 'tokenizer_config.json');
  const stored = (await readJsonFile(configFile, configSchema)) ?? {};
  const read = await readJsonFile(written, jsonObject);
  if (read === undefined && !(await isFile(model))) throw missing(written);
  const made = read === undefined ? await convert(directory) : undefined;
  const [file, json, config] = made ? [model, made.json, { ...stored, ...made.names }] : [written, read!, stored];
  refuseKeys(stored, TOKENIZER_KEYS, configFile);
  const template = await readChatTemplate(directory);
  const added = addedTokensOf(json, file);
  const all = made ? added : withFolderTokens(added, json, await readFolderTokens(directory));
  let encoder: Encoder;
  try {
    encoder = new Encoder({ ...json, added_tokens: all }, all, config);
  } catch (e) {
    throw usage(`is no tokenizer that can be used: ${reason(e)}`, file);
  }
  if (!made) {
    const names = { bos: contentOf(config.bos_token), eos: contentOf(config.eos_token) };
    refuseContradictions(encoder, json, names, config, configFile);
  }
  return new FileTokenizer(encoder, all, config, json, template);
}

const missing = (file: string): Error =>
  usage('is missing, and there is no tokenizer.model', file, 'copy one from the repository the checkpoint came from');

/** Loaded only where it is needed: few folders have no tokenizer.json. */
const convert = async (directory: string): Promise<ConvertedTokenizer> =>
  (await import('./llama-tokenizer')).convertLlamaTokenizer(directory);

class FileTokenizer implements Tokenizer {
  readonly bosText?: string;
  readonly hasChatTemplate: boolean;
  private readonly kind;
  private readonly byteFallback: boolean;
  private readonly special = new Set<number>();
  private readonly added = new Set<number>();
  private template?: Template;

  constructor(
    private readonly encoder: Encoder,
    added: readonly AddedToken[],
    private readonly config: z.infer<typeof configSchema>,
    json: Record<string, unknown>,
    private readonly source: { readonly text: string; readonly file: string } | undefined,
  ) {
    this.kind = vocabularyKind(json);
    this.byteFallback = hasByteFallback(json);
    for (const { id, special } of added) {
      this.added.add(id);
      if (special) this.special.add(id);
    }
    this.hasChatTemplate = source !== undefined;
    const bos = contentOf(config.bos_token);
    if (bos !== undefined) this.bosText = bos;
  }

  encode(text: string, { special }: { readonly special: boolean }): number[] {
    return this.encoder.encode(text, { special });
  }

  decode(ids: readonly number[], { skipSpecial = false }: { readonly skipSpecial?: boolean } = {}): string {
    const known = ids.filter((id) => this.encoder.token(id) !== undefined && !(skipSpecial && this.isSpecial(id)));
    if (known.length === 0) return '';
    if (this.byteFallback) {
      const tokens = replaceBrokenRuns(known.map((id) => this.encoder.token(id)!));
      const text = tokens && this.encoder.decodeTokens(tokens);
      if (text !== undefined) return text;
    }
    return this.encoder.decode(known, this.config.clean_up_tokenization_spaces ?? false);
  }

  tokenText(id: number): string {
    const token = this.encoder.token(id);
    if (token === undefined) return `<${id}>`;
    return this.added.has(id) ? token : visibleText(tokenBytes(token, this.kind));
  }

  pieces(ids: readonly number[]): string[] {
    const tokens = ids.map((id) => this.encoder.token(id) ?? '');
    return tokens.some((t) => t.includes('▁'))
      ? tokens.map((t) => t.replaceAll('▁', ' '))
      : tokens.map((t) => t.replaceAll('Ġ', ' ').replaceAll('Ċ', '\n'));
  }

  bytePieces(ids: readonly number[]): string[] {
    return ids.map((id) => {
      const token = this.encoder.token(id) ?? '';
      return binaryString(tokenBytes(token, this.added.has(id) ? 'text' : this.kind));
    });
  }

  id(token: string): number | undefined {
    return this.encoder.id(token);
  }

  isAdded(id: number): boolean {
    return this.added.has(id);
  }

  isSpecial(id: number): boolean {
    return this.special.has(id);
  }

  firstToken(word: string): number {
    const [first] = this.encode(word, { special: false });
    if (first === undefined) throw usage(`"${word}" has no token`);
    return first;
  }

  chat(messages: readonly ChatMessage[]): string {
    if (this.source === undefined) throw failed('the checkpoint has no chat template');
    try {
      this.template ??= new Template(this.source.text);
      return this.template.render({
        messages,
        add_generation_prompt: true,
        ...this.specialTexts(),
      });
    } catch (e) {
      throw usage(`the chat template cannot be filled: ${reason(e)}`, this.source.file);
    }
  }

  /** What templates may name: `bos_token`, `eos_token`… */
  private specialTexts(): Record<string, string> {
    const texts: Record<string, string> = {};
    for (const key of ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const) {
      const text = contentOf(this.config[key]);
      if (text !== undefined) texts[key] = text;
    }
    return texts;
  }
}

const contentOf = (t: z.infer<typeof tokenText>): string | undefined => (typeof t === 'string' ? t : t?.content);
