/** Where numbers lie: a ref is never a tensor's content, but says where in which file its bytes are. */

export type Dtype = 'f32' | 'f16' | 'bf16';
export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = { f32: 4, f16: 2, bf16: 2 };

/** Whole numbers occur only as parts of quantised weights. */
export type StoredDtype = Dtype | 'u8' | 'i8';

/** One tensor, or some rows of one (a fused qkv is three refs into one tensor), row-major as stored. */
export interface TensorRef<D extends StoredDtype = Dtype> {
  readonly name: string;
  /** Absolute path with symlinks resolved: ONNX Runtime refuses external data behind links. */
  readonly file: string;
  readonly dtype: D;
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly offset: number;
  readonly length: number;
  /** The stored tensor, of which this is some rows. */
  readonly whole?: TensorRef;
}

/**
 * A weight `[out, in]` that `crossflow import` rounded to whole numbers (checkpoint/quantized/format.ts). Every
 * `blockSize` numbers of a row share a scale: `weight = (value - zero point) * scale`. `blocks = ceil(in / blockSize)`.
 */
export interface QuantizedRef {
  readonly name: string;
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** `[out, in]` of the weight it stands for. */
  readonly shape: readonly [out: number, input: number];
  /** 4 bits: `[out, blocks, blockSize / 2]`, the lower half of a byte first. 8 bits: signed, `[out, blocks, blockSize]`. */
  readonly values: TensorRef<'u8' | 'i8'>;
  /** `[out, blocks]` */
  readonly scales: TensorRef;
  /** `[out, ceil(blocks / 2)]`, the lower half of a byte first; 4 bits only. Left out: 8 for 4 bits, 0 for 8. */
  readonly zeroPoints?: TensorRef<'u8'>;
}

/** A weight `[out, in]`, as it was trained or quantised. */
export type MatrixRef = TensorRef | QuantizedRef;
export const isQuantized = (ref: MatrixRef): ref is QuantizedRef => 'bits' in ref;

/** `weight` is `[out, in]` (`[in, out]` when transposed), `bias` is `[out]`. */
export interface LinearRef {
  readonly weight: MatrixRef;
  readonly bias?: TensorRef;
  /** Stored `[in, out]` (Gemma 3's projector). */
  readonly transposed?: true;
}

/** `weight` and `bias` are `[width]`. */
export interface NormRef {
  readonly weight: TensorRef;
  readonly bias?: TensorRef;
}

/** How a norm computes. `offset` 1: the stored weight is what it should be minus one (Gemma). */
export interface NormKind {
  readonly kind: 'layer' | 'rms';
  readonly epsilon: number;
  readonly offset?: 0 | 1;
}

export type Activation = 'quick_gelu' | 'gelu' | 'gelu_tanh' | 'silu' | 'relu';
