/**
 * What a checkpoint folder holds, in terms the rest of core uses. Nothing here is a tensor's content:
 * a TensorRef says where in which file the bytes lie.
 */

export type Dtype = 'f32' | 'f16' | 'bf16';
export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = { f32: 4, f16: 2, bf16: 2 };

/** Whole numbers occur only as parts of quantised weights. */
export type StoredDtype = Dtype | 'u8' | 'i8';

/** One tensor inside a .safetensors file, row-major as stored. */
export interface TensorRef<D extends StoredDtype = Dtype> {
  readonly name: string;
  /** Absolute path with symlinks resolved: ONNX Runtime refuses external data behind links. */
  readonly file: string;
  readonly dtype: D;
  readonly shape: readonly number[];
  /** First byte, counted from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

/**
 * A weight `[out, in]` that `crossflow import` rounded to whole numbers (quantized/format.ts). Every `blockSize` numbers
 * of a row share a scale: `weight = (value - zero point) * scale`. `blocks = ceil(in / blockSize)`.
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

/** `weight` is `[out, in]`, `bias` is `[out]`. */
export interface LinearRef {
  readonly weight: MatrixRef;
  readonly bias?: TensorRef;
}

/** `weight` and `bias` are `[width]`. */
export interface NormRef {
  readonly weight: TensorRef;
  readonly bias?: TensorRef;
}

/** Rotary scaling of Llama 3.1 (transformers `_compute_llama3_parameters`) or a plain divisor of positions. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositions: number;
    };

export interface DecoderLayerRef {
  readonly inputNorm: NormRef;
  readonly query: LinearRef;
  readonly key: LinearRef;
  readonly value: LinearRef;
  readonly output: LinearRef;
  readonly postNorm: NormRef;
  readonly gate: LinearRef;
  readonly up: LinearRef;
  readonly down: LinearRef;
}

/** A Llama-style decoder: RMS norm before attention and MLP, rotary positions, SwiGLU. */
export interface DecoderSpec {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Key/value heads; divides `heads`. Query head h reads kv head floor(h / (heads / kvHeads)). */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly rmsEpsilon: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
  readonly maxPositions: number;
  readonly weights: {
    /** `[vocab, hidden]` */
    readonly embedding: TensorRef;
    readonly layers: readonly DecoderLayerRef[];
    readonly norm: NormRef;
    /** `[vocab, hidden]`; the embedding itself when tied and not quantised. */
    readonly head: MatrixRef;
  };
}

export interface VisionLayerRef {
  readonly norm1: NormRef;
  readonly query: LinearRef;
  readonly key: LinearRef;
  readonly value: LinearRef;
  readonly output: LinearRef;
  readonly norm2: NormRef;
  readonly fc1: LinearRef;
  readonly fc2: LinearRef;
}

export type Activation = 'quick_gelu' | 'gelu' | 'gelu_tanh' | 'silu' | 'relu';

/** A CLIP vision tower, cut after the layer whose output is used. */
export interface VisionSpec {
  /** Side of the square input in pixels. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly layerNormEpsilon: number;
  readonly activation: Activation;
  /** `default` drops the class token, `full` keeps it as the first image token. */
  readonly select: 'default' | 'full';
  readonly weights: {
    /** `[hidden]` */
    readonly classEmbedding: TensorRef;
    /** `[hidden, 3, patchSize, patchSize]` */
    readonly patchEmbedding: TensorRef;
    /** `[1 + patches, hidden]` */
    readonly positionEmbedding: TensorRef;
    readonly preNorm: NormRef;
    /** Only the layers that are run (all up to `vision_feature_layer`). */
    readonly layers: readonly VisionLayerRef[];
  };
}

export interface ProjectorSpec {
  readonly activation: Activation;
  readonly first: LinearRef;
  readonly second: LinearRef;
}

export type Resample = 'nearest' | 'lanczos' | 'bilinear' | 'bicubic' | 'box' | 'hamming';

/** What preprocessor_config.json says, with the Python class's defaults filled in. */
export interface ImageProcessorSpec {
  /** Resize so that the shortest edge has this many pixels; or to an exact size. */
  readonly resize?: { readonly shortestEdge: number } | { readonly height: number; readonly width: number };
  readonly resample: Resample;
  readonly crop?: { readonly height: number; readonly width: number };
  /** 1/255 or so; undefined when not rescaled. */
  readonly rescale?: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly normalize: boolean;
  /** LLaVA-NeXT: candidate canvas sizes as [height, width]. */
  readonly gridPinpoints?: readonly (readonly [number, number])[];
  /** LLaVA-NeXT: whose arithmetic takes the padding off the tile patches; transformers' when left out. */
  readonly unpadding?: Unpadding;
}

/**
 * The side that is kept is a whole number of patches. transformers' `unpad_image` rounds to 7 decimals before it drops
 * the fraction, `int(round(x, 7))`; the original LLaVA code drops it at once, `int(x)`. Where x is a whole number but
 * for a rounding error, the two differ by a patch on each side.
 */
export type Unpadding = 'transformers' | 'original';

/** What config.json of an imported checkpoint says about itself. */
export interface Quantization {
  /** Of most weights; some may have 8. */
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** Bits for each quantised number, with scales and zero points. */
  readonly bitsPerWeight: number;
  /** The settings of the import, in words. */
  readonly recipe: string;
  /** The checkpoint it was made from: the name of its folder, and checkpointHash(). */
  readonly source: { readonly name: string; readonly hash: string };
}

export type Family = 'llava' | 'llava_next';

export interface ModelSpec {
  readonly family: Family;
  /** Absolute path of the checkpoint folder as the user named it. */
  readonly directory: string;
  /** The CLIP folder that config.json names, where there is one: config, processor and perhaps weights come from it. */
  readonly towerDirectory?: string;
  /** Which table of tensor names fitted: `hf`, `hf-5`, `original`… for `inspect`. */
  readonly layout: string;
  readonly dtype: Dtype;
  readonly decoder: DecoderSpec;
  readonly vision: VisionSpec;
  readonly projector: ProjectorSpec;
  /** LLaVA-NeXT's learned row end, `[hidden]`. */
  readonly imageNewline?: TensorRef;
  readonly processor: ImageProcessorSpec;
  /** How the config asks for images when an experiment says nothing. */
  readonly aspect: 'processor' | 'pad' | 'anyres';
  /** Id that stands for the image once in `input_ids`; -200 in original LLaVA folders. */
  readonly imageTokenId: number;
  /** The text that stands for the image in prompts. */
  readonly imageTokenText: string;
  readonly eosTokenIds: readonly number[];
  /** Longest prompt in tokens, image included, that the model's own code does not cut. Left out: it never cuts. */
  readonly maxTokens?: number;
  /** The weight files, absolute and link-free, with their sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** Number of stored parameters that are used. */
  readonly parameters: number;
  /** What `crossflow import` made of it; undefined for a checkpoint as it was trained. */
  readonly quantization?: Quantization;
}
