/** What an import writes: weight files with room for every tensor, and the work that fills them. */
import { basename } from 'node:path';
import { usage } from '../errors';
import { partsOf, quantizedParts, type BlockFormat } from '../checkpoint/quantized/format';
import { decoderRoles, tensorsOf, type MatrixRole } from '../checkpoint/refs';
import { isQuantized, DTYPE_BYTES, type MatrixRef, type ModelSpec, type StoredDtype, type TensorRef } from '../spec';

/** Where a tensor goes. */
export interface Room {
  readonly name: string;
  /** Index into `Outputs.files`. */
  readonly file: number;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

interface Copy {
  readonly kind: 'copy';
  readonly name: string;
  readonly source: TensorRef;
}
interface Quantize {
  readonly kind: 'quantize';
  /** The weight's name in the new checkpoint. */
  readonly name: string;
  readonly source: TensorRef;
  readonly format: BlockFormat;
}
/** Of a quantised weight: values, scales and, for 4 bits, zero points. */
interface Rooms {
  readonly rooms: readonly Room[];
}

/** One tensor of the source and what becomes of it. */
export type Item = (Copy | Quantize) & Rooms;
export type QuantizeItem = Quantize & Rooms;

export interface OutputFile {
  /** Path within the output folder. */
  readonly path: string;
  /** All before the first tensor. */
  readonly head: Uint8Array;
  readonly bytes: number;
}

export interface Outputs {
  readonly files: readonly OutputFile[];
  readonly items: readonly Item[];
}

/** Which weights become blocks of how many bits; undefined leaves one as it is. */
export type Choose = (
  name: string,
  shape: readonly [out: number, input: number],
  role: MatrixRole,
) => BlockFormat | undefined;

const WEIGHT_FILE = 'model.safetensors';

/**
 * The checkpoint's weights in one file, those of each companion in another, in a folder of the companion's name.
 * @throws CrossflowError `usage` when the checkpoint is quantised already
 */
export function planOutputs(spec: ModelSpec, choose: Choose): Outputs {
  const roles = new Map<MatrixRef, MatrixRole>();
  for (const { ref, role } of decoderRoles(spec)) {
    if (isQuantized(ref)) throw usage('is quantised already', spec.directory, 'import the checkpoint it was made from');
    roles.set(ref, role);
  }
  const { embedding, head, headName } = spec.decoder.weights;
  const drafts: Draft[] = [];
  const companions = new Map(spec.files.map((f) => [f.path, f.companion]));
  const apart = [...new Set(spec.files.flatMap((f) => f.companion ?? []))];
  /** The output file's index. */
  const fileOf = (ref: TensorRef): number => {
    const companion = companions.get(ref.file);
    return companion === undefined ? 0 : 1 + apart.indexOf(companion);
  };
  const copy = (source: TensorRef): void => {
    const room = { dtype: source.dtype, shape: source.shape, bytes: source.length };
    drafts.push({
      kind: 'copy',
      name: source.name,
      source,
      file: fileOf(source),
      rooms: [{ name: source.name, ...room }],
    });
  };
  const quantize = (source: TensorRef, name: string, format: BlockFormat): void => {
    const names = quantizedParts(name);
    const parts = partsOf(source.shape as [number, number], format);
    const rooms = [
      { name: names.values, ...parts.values },
      { name: names.scales, ...parts.scales },
      ...(parts.zeroPoints ? [{ name: names.zeroPoints, ...parts.zeroPoints }] : []),
    ];
    drafts.push({ kind: 'quantize', name, source, format, file: 0, rooms });
  };
  for (const ref of tensorsOf(spec)) {
    const role = roles.get(ref);
    const format = role && ref !== embedding ? choose(ref.name, ref.shape as [number, number], role) : undefined;
    if (format) quantize(ref, ref.name, format);
    else copy(ref);
  }
  // a tied head reads the same numbers as the embedding, which stays as it is
  const format = head === embedding ? choose(headName, embedding.shape as [number, number], 'head') : undefined;
  if (format) quantize(embedding, headName, format);
  return layOut(drafts, [WEIGHT_FILE, ...apart.map((folder) => `${basename(folder)}/${WEIGHT_FILE}`)]);
}

/** An item whose rooms have no place yet. */
type Draft = (Copy | Quantize) & { readonly file: number; readonly rooms: readonly Omit<Room, 'file' | 'offset'>[] };

/** Widest numbers first, so that every tensor lies at a multiple of the size of its numbers. */
const width = (dtype: StoredDtype): number => (dtype === 'u8' || dtype === 'i8' ? 1 : DTYPE_BYTES[dtype]);

function layOut(drafts: readonly Draft[], paths: readonly string[]): Outputs {
  const rooms = new Map<string, Room>();
  const files = paths.map((path, file): OutputFile => {
    const inFile = drafts.filter((d) => d.file === file).flatMap((d) => d.rooms);
    inFile.sort((a, b) => width(b.dtype) - width(a.dtype));
    const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
    let at = 0;
    for (const { name, dtype, shape, bytes } of inFile) {
      header[name] = { dtype: dtype.toUpperCase(), shape, data_offsets: [at, at + bytes] };
      at += bytes;
    }
    const head = fileHead(JSON.stringify(header));
    let offset = head.length;
    for (const room of inFile) {
      rooms.set(`${file} ${room.name}`, { ...room, file, offset });
      offset += room.bytes;
    }
    return { path, head, bytes: offset };
  });
  const items = drafts.map(({ file, ...draft }): Item => ({
    ...draft,
    rooms: draft.rooms.map((room) => rooms.get(`${file} ${room.name}`)!),
  }));
  return { files, items };
}

/** Length and text of a header; blanks at its end bring the first tensor to a multiple of 8 bytes. */
function fileHead(text: string): Uint8Array {
  const header = Buffer.from(text);
  const padded = Math.ceil(header.length / 8) * 8;
  const head = Buffer.alloc(8 + padded, ' ');
  head.writeBigUInt64LE(BigInt(padded));
  header.copy(head, 8);
  return head;
}

/** Bits for each number of the quantised weights, their scales and zero points included. */
export function bitsPerWeight(items: readonly Item[]): number {
  let bytes = 0;
  let numbers = 0;
  for (const item of items) {
    if (item.kind !== 'quantize') continue;
    bytes += item.rooms.reduce((sum, r) => sum + r.bytes, 0);
    numbers += item.source.shape.reduce((a, b) => a * b, 1);
  }
  return numbers === 0 ? 0 : (8 * bytes) / numbers;
}
