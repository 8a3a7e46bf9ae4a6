/**
 * A SentencePiece model file (`tokenizer.model`), read. Field numbers and defaults: sentencepiece_model.proto of
 * github.com/google/sentencepiece.
 */
import { readFile, stat } from 'node:fs/promises';
import protobuf from 'protobufjs/light';
import { z } from 'zod';
import { usage } from '../errors';
import { parseValue, reason } from './folder';

/** SentencePiece.Type */
export const PIECE_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;
/** TrainerSpec.ModelType */
const MODEL_TYPES: Readonly<Record<number, string>> = { 1: 'unigram', 2: 'BPE', 3: 'word', 4: 'char' };

/** Llama's has half a megabyte. */
const SIZE_LIMIT = 64 * 1024 * 1024;

const field = (id: number, type: string, value?: unknown): protobuf.IField => ({
  id,
  type,
  ...(value === undefined ? {} : { options: { default: value } }),
});
/** proto2: a value of 0 or false in the file is not the same as none, which means the default. */
const message = (fields: Record<string, protobuf.IField>): protobuf.IType => ({ edition: 'proto2', fields });

const ModelProto = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      pieces: { ...field(1, 'SentencePiece'), rule: 'repeated' },
      trainer: field(2, 'TrainerSpec'),
      normalizer: field(3, 'NormalizerSpec'),
    }),
    SentencePiece: message({ piece: field(1, 'string'), score: field(2, 'float'), type: field(3, 'int32', 1) }),
    TrainerSpec: message({
      modelType: field(3, 'int32', 1),
      whitespaceAsSuffix: field(24, 'bool'),
      unknownPiece: field(45, 'string', '<unk>'),
    }),
    NormalizerSpec: message({
      name: field(1, 'string'),
      charsmap: field(2, 'bytes'),
      addDummyPrefix: field(3, 'bool', true),
      removeExtraWhitespaces: field(4, 'bool', true),
      escapeWhitespaces: field(5, 'bool', true),
    }),
  },
}).lookupType('ModelProto');

const schema = z.object({
  pieces: z.array(z.object({ piece: z.string(), score: z.number(), type: z.number() })).min(3),
  trainer: z.object({
    modelType: z.number(),
    whitespaceAsSuffix: z.boolean(),
    unknownPiece: z.string(),
  }),
  normalizer: z.object({
    name: z.string(),
    charsmap: z.instanceof(Uint8Array),
    addDummyPrefix: z.boolean(),
    removeExtraWhitespaces: z.boolean(),
    escapeWhitespaces: z.boolean(),
  }),
});

/** A byte-pair model that leaves text as it is, but for spaces. */
export interface SentencePieceModel {
  /** By id. `score` orders merges: highest first. */
  readonly pieces: readonly { readonly piece: string; readonly score: number; readonly type: number }[];
  readonly unknownPiece: string;
  /** A space is put before the text. */
  readonly addDummyPrefix: boolean;
}

/** @throws CrossflowError `usage` when it is no SentencePiece model, or of a kind that is not supported */
export async function readSentencePiece(file: string): Promise<SentencePieceModel> {
  const { pieces, trainer, normalizer } = parseValue(decode(await bytesOf(file), file), schema, file);
  const unsupported = (what: string): Error =>
    usage(`is a SentencePiece model ${what}, which is not supported`, file, "Llama's are BPE without normalisation");
  if (MODEL_TYPES[trainer.modelType] !== 'BPE') {
    throw unsupported(`of kind ${MODEL_TYPES[trainer.modelType] ?? trainer.modelType}`);
  }
  if (normalizer.charsmap.length > 0) throw unsupported(`that normalises text (${normalizer.name})`);
  if (normalizer.removeExtraWhitespaces) throw unsupported('that removes spaces');
  if (!normalizer.escapeWhitespaces || trainer.whitespaceAsSuffix) throw unsupported('with spaces of its own kind');
  return {
    pieces,
    unknownPiece: trainer.unknownPiece,
    addDummyPrefix: normalizer.addDummyPrefix,
  };
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > SIZE_LIMIT) throw usage(`${size} bytes are too many for a SentencePiece model`, file);
    return await readFile(file);
  } catch (e) {
    if (e instanceof Error && 'code' in e) throw usage(`cannot be read: ${reason(e)}`, file);
    throw e;
  }
}

function decode(bytes: Uint8Array, file: string): unknown {
  try {
    const model = ModelProto.decode(bytes) as unknown as Record<string, unknown>;
    // a part that is left out is one of defaults
    for (const part of ['trainer', 'normalizer']) model[part] ??= {};
    return ModelProto.toObject(ModelProto.fromObject(model), { defaults: true, bytes: Uint8Array });
  } catch (e) {
    throw usage(`is no SentencePiece model: ${reason(e)}`, file);
  }
}
