import { cancelled, usage } from '../errors';
import { readExactly } from './read';
import { DTYPE_BYTES, type Dtype, type ModelSpec, type TensorRef } from '../spec';
import { tensorsOf } from './refs';

/** Read at a time; the peak memory of the check. Divides into elements of every dtype. */
const CHUNK_BYTES = 8 * 1024 * 1024;

/** A number is infinite or NaN exactly when all bits of its exponent are set. */
const EXPONENT: Readonly<Record<Dtype, number>> = { f32: 0x7f800000, f16: 0x7c00, bf16: 0x7f80 };
const FRACTION: Readonly<Record<Dtype, number>> = { f32: 0x007fffff, f16: 0x03ff, bf16: 0x007f };

export interface FiniteOptions {
  readonly signal?: AbortSignal;
  /** Bytes checked and to check. */
  onProgress?(p: { readonly done: number; readonly total: number }): void;
}

/**
 * Reads every weight a model uses and checks that it is a finite number, in bounded memory.
 * @throws CrossflowError `usage` naming the first tensor with a NaN or an infinity; `cancelled` when stopped
 */
export async function checkFinite(spec: ModelSpec, options: FiniteOptions = {}): Promise<void> {
  const tensors = tensorsOf(spec);
  const total = tensors.reduce((sum, t) => sum + t.length, 0);
  const buffer = new ArrayBuffer(Math.min(CHUNK_BYTES, Math.max(...tensors.map((t) => t.length))));
  let done = 0;
  for (const ref of tensors) {
    for (let start = 0; start < ref.length; start += buffer.byteLength) {
      if (options.signal?.aborted) throw cancelled();
      const bytes = Math.min(buffer.byteLength, ref.length - start);
      await readExactly(ref.file, new Uint8Array(buffer, 0, bytes), ref.offset + start);
      const at = firstNotFinite(buffer, bytes, ref.dtype);
      if (at !== undefined) throw notFinite(ref, start / DTYPE_BYTES[ref.dtype] + at.index, at.isNaN);
      done += bytes;
      options.onProgress?.({ done, total });
    }
  }
}

function firstNotFinite(
  buffer: ArrayBuffer,
  bytes: number,
  dtype: Dtype,
): { index: number; isNaN: boolean } | undefined {
  const exponent = EXPONENT[dtype];
  const values = dtype === 'f32' ? new Uint32Array(buffer, 0, bytes / 4) : new Uint16Array(buffer, 0, bytes / 2);
  for (let i = 0; i < values.length; i++) {
    const bits = values[i];
    if ((bits & exponent) === exponent) return { index: i, isNaN: (bits & FRACTION[dtype]) !== 0 };
  }
  return undefined;
}

function notFinite(ref: TensorRef, index: number, isNaN: boolean): Error {
  const place: number[] = [];
  for (let rest = index, i = ref.shape.length - 1; i >= 0; i--) {
    const size = ref.shape[i];
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  const what = `tensor ${ref.name} has ${isNaN ? 'a NaN' : 'an infinity'} at [${place.join(', ')}]`;
  return usage(what, ref.file, 'the checkpoint is damaged; get it again');
}
