/**
 * How a quantised weight lies in a .safetensors file, and how many bytes it takes.
 *
 * A row of a weight `[out, in]` is cut into blocks of `blockSize` numbers, the last one filled up. A block is stored as
 * whole numbers q with one scale: `weight = (q - zero point) * scale`.
 * - 4 bits: q 0..15 in the layout of ONNX Runtime's MatMulNBits, two in a byte, the lower half first; zero points 0..15,
 *   two in a byte as well, each row beginning a new byte.
 * - 8 bits: q -127..127, zero point 0.
 * Scales are f16.
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
 */
import type { StoredDtype } from '../../spec';

/** Sizes MatMulNBits takes on a processor. */
export const BLOCK_SIZES = [16, 32, 64, 128, 256] as const;
export type BlockSize = (typeof BLOCK_SIZES)[number];
export type Bits = 4 | 8;

export interface BlockFormat {
  readonly bits: Bits;
  readonly blockSize: BlockSize;
}

export interface Part {
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface Parts {
  readonly values: Part;
  readonly scales: Part;
  readonly zeroPoints?: Part;
}

/** Names of the parts of the weight `name`. */
export const quantizedParts = (name: string) =>
  ({ values: `${name}.quantized`, scales: `${name}.scales`, zeroPoints: `${name}.zero_points` }) as const;

export const blocksOf = (width: number, { blockSize }: BlockFormat): number => Math.ceil(width / blockSize);

/** Bytes of one block's values. */
export const blockBytes = ({ bits, blockSize }: BlockFormat): number => (blockSize * bits) / 8;

/** Shapes and sizes of the parts of a weight `[out, in]`. */
export function partsOf(shape: readonly [out: number, input: number], format: BlockFormat): Parts {
  const [out, input] = shape;
  const blocks = blocksOf(input, format);
  const each = blockBytes(format);
  const zeros = Math.ceil(blocks / 2);
  const is4 = format.bits === 4;
  return {
    values: { dtype: is4 ? 'u8' : 'i8', shape: [out, blocks, each], bytes: out * blocks * each },
    scales: { dtype: 'f16', shape: [out, blocks], bytes: 2 * out * blocks },
    ...(is4 ? { zeroPoints: { dtype: 'u8', shape: [out, zeros], bytes: out * zeros } } : {}),
  };
}
