import { open, type FileHandle } from 'node:fs/promises';
import { failed, usage } from '../errors';
import { reason } from './folder';
import { halfTable } from './half';
import { DTYPE_BYTES, type Dtype, type TensorRef } from '../spec';

/** One open handle per weight file: rows are read many times. */
const handles = new Map<string, Promise<FileHandle>>();

function handleOf(file: string): Promise<FileHandle> {
  const cached = handles.get(file);
  if (cached) return cached;
  const opened = open(file, 'r').catch((e: unknown) => {
    handles.delete(file);
    throw usage(`cannot be read: ${reason(e)}`, file);
  });
  handles.set(file, opened);
  return opened;
}

/**
 * Closes the handles of these weight files (all when left out) once reads under way are done. A later read opens them
 * again.
 */
export async function closeFiles(files: Iterable<string> = [...handles.keys()]): Promise<void> {
  const closing = [...files].map(async (file) => {
    const handle = handles.get(file);
    handles.delete(file);
    await (await handle?.catch(() => undefined))?.close();
  });
  await Promise.all(closing);
}

/** Fills `target` with the file's bytes from `position`. @throws CrossflowError when the file has become shorter. */
export async function readExactly(file: string, target: Uint8Array, position: number): Promise<void> {
  const handle = await handleOf(file);
  let done = 0;
  while (done < target.byteLength) {
    const { bytesRead } = await handle.read(target, done, target.byteLength - done, position + done);
    if (bytesRead === 0) throw failed('has become shorter since it was opened', file);
    done += bytesRead;
  }
}

/**
 * Chosen rows of a 2-D tensor, as f32.
 * @param ref `[n, width]`
 * @param rows row numbers, in any order, each 0 to n - 1
 * @returns `[rows.length, width]`, row-major
 * @throws CrossflowError `usage` for a row outside the tensor
 */
export async function readRows(ref: TensorRef, rows: readonly number[]): Promise<Float32Array> {
  const [count, width] = ref.shape;
  if (ref.shape.length !== 2 || count === undefined || width === undefined) {
    throw failed(`tensor ${ref.name} has ${ref.shape.length} dimensions, not 2`, ref.file);
  }
  const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= count);
  if (wrong !== undefined) {
    throw usage(`row ${wrong} of tensor ${ref.name} does not exist`, ref.file, `it has rows 0 to ${count - 1}`);
  }
  const out = new Float32Array(rows.length * width);
  const bytes = width * DTYPE_BYTES[ref.dtype];
  const raw = new Uint8Array(bytes);
  for (const [i, row] of rows.entries()) {
    await readExactly(ref.file, raw, ref.offset + row * bytes);
    toFloat32(raw, ref.dtype, out.subarray(i * width, (i + 1) * width));
  }
  return out;
}

/** A whole tensor as f32, row-major. For small ones: the result lies in the JS heap. */
export async function readTensor(ref: TensorRef): Promise<Float32Array> {
  const raw = new Uint8Array(ref.length);
  await readExactly(ref.file, raw, ref.offset);
  const out = new Float32Array(ref.length / DTYPE_BYTES[ref.dtype]);
  toFloat32(raw, ref.dtype, out);
  return out;
}

/** Little-endian numbers of a dtype, as f32. `raw` must start at offset 0 of its buffer. */
export function toFloat32(raw: Uint8Array, dtype: Dtype, out: Float32Array): void {
  if (dtype === 'f32') {
    out.set(new Float32Array(raw.buffer, 0, out.length));
    return;
  }
  const halves = new Uint16Array(raw.buffer, 0, out.length);
  if (dtype === 'f16') {
    const table = halfTable();
    for (let i = 0; i < halves.length; i++) out[i] = table[halves[i]];
    return;
  }
  // bf16 is the upper half of f32
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
}
