/** A matrix as several, of some of its rows each: rows lie one after another in the file. */
import { isQuantized, type LinearRef, type MatrixRef, type QuantizedRef, type TensorRef } from '../spec';

/**
 * Largest weight that is widened to f32 at once, in bytes of f32: the output matrix of Llama 3 takes 2.1 GB, and the
 * widened copy is memory beside the weights. Smaller parts would save little more, and joining their outputs takes time.
 */
export const WIDENED_BYTES = 128 * 1024 ** 2;

/** The linear map as maps to consecutive outputs, each small enough to be widened at once; itself where nothing is. */
export function splitLinear(ref: LinearRef): readonly LinearRef[] {
  const { weight, bias, transposed } = ref;
  // outputs of a transposed one are columns, which do not lie together
  if (transposed) return [ref];
  const widened = isQuantized(weight) ? weight.bits === 8 : weight.dtype !== 'f32';
  const [out, width] = weight.shape;
  const most = Math.max(1, Math.floor(WIDENED_BYTES / (4 * width)));
  if (!widened || out <= most) return [ref];
  const rows = Math.ceil(out / Math.ceil(out / most));
  return Array.from({ length: Math.ceil(out / rows) }, (_, i) => {
    const first = i * rows;
    const n = Math.min(rows, out - first);
    return { weight: matrixRows(weight, first, n), ...(bias ? { bias: tensorRows(bias, first, n) } : {}) };
  });
}

function matrixRows(ref: MatrixRef, first: number, count: number): MatrixRef {
  if (!isQuantized(ref)) return tensorRows(ref, first, count);
  const { values, scales, zeroPoints } = ref;
  return {
    ...ref,
    name: partName(ref.name, first),
    shape: [count, ref.shape[1]],
    values: tensorRows(values, first, count),
    scales: tensorRows(scales, first, count),
    ...(zeroPoints ? { zeroPoints: tensorRows(zeroPoints, first, count) } : {}),
  } satisfies QuantizedRef;
}

/** Entries `first` to `first + count` along the first axis. */
function tensorRows<T extends TensorRef['dtype'] | 'u8' | 'i8'>(
  ref: TensorRef<T>,
  first: number,
  count: number,
): TensorRef<T> {
  const [rows, ...rest] = ref.shape;
  const each = ref.length / rows;
  return {
    ...ref,
    name: partName(ref.name, first),
    shape: [count, ...rest],
    offset: ref.offset + first * each,
    length: count * each,
  };
}

const partName = (name: string, first: number): string => `${name}[${first}]`;
