/** Finds the parts of a quantised weight among a folder's tensors. */
import { usage } from '../../errors';
import type { StoredTensor } from '../safetensors';
import type { QuantizedRef, StoredDtype, TensorRef } from '../../spec';
import { BLOCK_SIZES, partsOf, quantizedParts, type BlockFormat, type Part } from './format';

export { quantizedParts } from './format';

/** A tensor of the folder, or undefined. */
type Find = (name: string) => { file: string; stored: StoredTensor } | undefined;

const DTYPES: Readonly<Record<string, StoredDtype>> = { F32: 'f32', F16: 'f16', U8: 'u8', I8: 'i8' };

/**
 * The weight `name` of shape `[out, in]`; its block size and bits are what its parts say.
 * @param listing what an error about a missing part names
 * @throws CrossflowError `usage` when a part is missing or does not fit the others
 */
export function readQuantized(
  name: string,
  shape: readonly [number, number],
  find: Find,
  listing: string,
): QuantizedRef {
  const names = quantizedParts(name);
  const found = find(names.values);
  if (found === undefined) throw usage(`tensor ${names.values} is missing`, listing);
  const format = formatOf(names.values, found.stored, found.file);
  const expected = partsOf(shape, format);
  const part = (part: string, wanted: Part, dtypes: readonly StoredDtype[]): TensorRef<StoredDtype> => {
    const entry = find(part);
    if (entry === undefined) throw usage(`tensor ${part} is missing`, listing);
    return refOf(part, entry, wanted, dtypes);
  };
  return {
    name,
    ...format,
    shape,
    values: part(names.values, expected.values, [expected.values.dtype]) as TensorRef<'u8' | 'i8'>,
    scales: part(names.scales, expected.scales, ['f16', 'f32']) as TensorRef,
    ...(expected.zeroPoints && find(names.zeroPoints)
      ? { zeroPoints: part(names.zeroPoints, expected.zeroPoints, ['u8']) as TensorRef<'u8'> }
      : {}),
  };
}

/** Two numbers of 4 bits lie in an unsigned byte; a number of 8 bits is a signed one. */
function formatOf(name: string, { dtype, shape }: StoredTensor, file: string): BlockFormat {
  const bits = dtype === 'U8' ? 4 : dtype === 'I8' ? 8 : undefined;
  if (bits === undefined)
    throw usage(`tensor ${name} has dtype ${dtype}, which is not supported`, file, 'U8 and I8 are');
  const size = ((shape.at(-1) ?? 0) * 8) / bits;
  const blockSize = BLOCK_SIZES.find((b) => b === size);
  if (blockSize === undefined) {
    throw usage(`tensor ${name} has blocks of ${size}, which is not supported`, file, `${BLOCK_SIZES.join(', ')} are`);
  }
  return { bits, blockSize };
}

function refOf(
  name: string,
  { file, stored }: NonNullable<ReturnType<Find>>,
  wanted: Part,
  dtypes: readonly StoredDtype[],
): TensorRef<StoredDtype> {
  const dtype = DTYPES[stored.dtype];
  if (dtype === undefined || !dtypes.includes(dtype)) {
    throw usage(`tensor ${name} has dtype ${stored.dtype}, which does not fit the weight`, file);
  }
  if (stored.shape.join() !== wanted.shape.join()) {
    const found = `has shape [${stored.shape.join(', ')}]`;
    throw usage(`tensor ${name} ${found}, config.json asks for [${wanted.shape.join(', ')}]`, file);
  }
  return { name, file, dtype, shape: stored.shape, offset: stored.begin, length: stored.end - stored.begin };
}
