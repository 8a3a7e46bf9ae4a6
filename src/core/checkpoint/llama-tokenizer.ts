/**
 * A tokenizer.json made from a folder that has only tokenizer.model, as original LLaVA folders do: what transformers'
 * LlamaConverter and LlamaTokenizerFast make of it, byte for byte where it decides token ids.
 * Source: transformers 4.46, convert_slow_tokenizer.py and tokenization_llama_fast.py.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { usage } from '../errors';
import { type AddedToken, type FolderTokens, readFolderTokens } from './added-tokens';
import { readJsonFile } from './folder';
import { PIECE_TYPE, readSentencePiece, type SentencePieceModel } from './sentencepiece';

/** Of LlamaTokenizer's arguments those that change ids or text. Its own defaults stand beside them. */
const configSchema = z.looseObject({
  /** The behaviour before transformers 4.31: every piece of text between special tokens begins with a space. */
  legacy: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
});
const DEFAULT_NAMES = { bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' } as const;

type Json = Record<string, unknown>;

export interface ConvertedTokenizer {
  /** What a tokenizer.json would hold. */
  readonly json: Json;
  /** Texts of the special tokens by name. */
  readonly names: Readonly<Record<string, string>>;
}

/** @throws CrossflowError `usage` when tokenizer.model or a file beside it cannot be used */
export async function convertLlamaTokenizer(folder: string): Promise<ConvertedTokenizer> {
  const file = join(folder, 'tokenizer.model');
  const model = await readSentencePiece(file);
  const config = (await readJsonFile(join(folder, 'tokenizer_config.json'), configSchema)) ?? {};
  const tokens = await readFolderTokens(folder);
  const names = { ...DEFAULT_NAMES, ...tokens.names };
  const vocab = new Map(model.pieces.map(({ piece }, id) => [piece, id]));
  if (vocab.size < model.pieces.length) throw usage('has a piece twice', file);
  const added = addedTokens(model, vocab, tokens, Object.values(names));
  const prefix = config.add_prefix_space ?? true;
  const legacy = config.legacy ?? true;
  const single = [
    ...((config.add_bos_token ?? true) ? [{ SpecialToken: { id: names.bos_token, type_id: 0 } }] : []),
    { Sequence: { id: 'A', type_id: 0 } },
    ...((config.add_eos_token ?? false) ? [{ SpecialToken: { id: names.eos_token, type_id: 0 } }] : []),
  ];
  const json = {
    version: '1.0',
    added_tokens: added,
    normalizer: legacy ? spaces(prefix && model.addDummyPrefix) : null,
    pre_tokenizer: legacy
      ? null
      : { type: 'Metaspace', replacement: '▁', prepend_scheme: prefix ? 'first' : 'never', split: false },
    post_processor: { type: 'TemplateProcessing', single, pair: single, special_tokens: {} },
    decoder: decoder(prefix),
    model: {
      type: 'BPE',
      unk_token: model.unknownPiece,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges: mergesOf(model, vocab),
    },
  };
  return { json, names };
}

const spaces = (prefix: boolean): Json => ({
  type: 'Sequence',
  normalizers: [
    ...(prefix ? [{ type: 'Prepend', prepend: '▁' }] : []),
    { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  ],
});

const decoder = (prefix: boolean): Json => ({
  type: 'Sequence',
  decoders: [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ],
});

/**
 * Which pairs of pieces become one, first to last. SentencePiece joins whatever two neighbours make the piece of the
 * highest score; a list of merges says the same: every way to cut every piece in two, by score. Ties go to the longer
 * left part, as in LlamaConverter. Lengths are in code points.
 */
function mergesOf({ pieces }: SentencePieceModel, vocab: ReadonlyMap<string, number>): [string, string][] {
  const all: { left: string; right: string; score: number; leftLength: number; rightLength: number }[] = [];
  for (const [id, { piece, score }] of pieces.entries()) {
    const points = Array.from(piece);
    const cuts: typeof all = [];
    let left = '';
    for (let i = 1; i < points.length; i++) {
      left += points[i - 1];
      const right = piece.slice(left.length);
      if (!vocab.has(left) || !vocab.has(right)) continue;
      // the first three pieces are the special ones, with a score of 0
      cuts.push({ left, right, score: id < 3 ? 0 : score, leftLength: i, rightLength: points.length - i });
    }
    const rank = (text: string): number => vocab.get(text)!;
    cuts.sort((a, b) => rank(a.left) - rank(b.left) || rank(a.right) - rank(b.right));
    all.push(...cuts);
  }
  all.sort((a, b) => b.score - a.score || b.leftLength - a.leftLength || b.rightLength - a.rightLength);
  return all.map((m) => [m.left, m.right]);
}

/** Control and user-defined pieces, then what the folder adds, then special tokens that are nowhere yet. */
function addedTokens(
  model: SentencePieceModel,
  vocab: ReadonlyMap<string, number>,
  tokens: FolderTokens,
  special: readonly string[],
): AddedToken[] {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const added = new Map<string, AddedToken>();
  let next = model.pieces.length;
  const add = (token: Omit<AddedToken, 'id'>, id?: number): void => {
    const own = vocab.get(token.content) ?? added.get(token.content)?.id ?? id ?? next;
    next = Math.max(next, own + 1);
    added.set(token.content, { ...token, id: own });
  };
  model.pieces.forEach(({ piece, type }) => {
    const control = type === PIECE_TYPE.control;
    if (control || type === PIECE_TYPE.userDefined) add({ content: piece, ...plain, special: control });
  });
  for (const { id, ...token } of tokens.added) {
    add({ ...token, special: token.special || special.includes(token.content) }, id);
  }
  const unseen = [...tokens.special, ...special.map((content) => ({ content, ...plain, special: true }))];
  for (const token of unseen) if (!added.has(token.content)) add(token);
  return [...added.values()].sort((a, b) => a.id - b.id);
}
