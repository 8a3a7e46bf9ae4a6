/** The vision tower, up to the decoder's width. */
import type { Activation, LinearRef, NormKind, NormRef, TensorRef } from './tensors';

/** A vision tower with everything up to the decoder's width. */
export interface TowerSpec {
  readonly hidden: number;
  readonly heads: number;
  readonly norm: NormKind;
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  readonly patch:
    | { readonly kind: 'conv'; readonly weight: TensorRef; readonly bias?: TensorRef }
    /** `[d, 3, frames, p, p]`; a still picture is every frame. Rows leave in 2x2-block order (Qwen). */
    | { readonly kind: 'frames'; readonly frames: number; readonly weight: TensorRef; readonly bias?: TensorRef };
  /** `[hidden]`; stands before the patches. */
  readonly classRow?: TensorRef;
  readonly positions:
    /** `[rows, hidden]`, class row included; every view has just so many patches. */
    | { readonly kind: 'table'; readonly table: TensorRef }
    /** `[side * side, hidden]`: bilinear with aligned corners (Qwen3-VL), or nearest bucket (Idefics3). */
    | { readonly kind: 'interpolated' | 'bucketed'; readonly table: TensorRef; readonly side: number }
    | { readonly kind: 'none' };
  /** Axial rotation over rows and columns (Qwen). */
  readonly rope2d?: { readonly theta: number };
  /** Before the first block (CLIP). */
  readonly before?: NormRef;
  /** Only the blocks that are run. */
  readonly blocks: readonly BlockRef[];
  /** Attention within windows of so many pixels, full in the blocks named (Qwen2.5-VL). */
  readonly window?: { readonly pixels: number; readonly full: readonly number[] };
  /** After the last block (SigLIP). */
  readonly after?: NormRef;
  readonly merge: Merge;
  readonly project: readonly Step[];
  /** DeepStack: outputs taken after these blocks, each through its own merge and steps. */
  readonly taps: readonly { readonly after: number; readonly merge: Merge; readonly project: readonly Step[] }[];
}

export interface BlockRef {
  readonly norm1: NormRef;
  readonly query: LinearRef;
  readonly key: LinearRef;
  readonly value: LinearRef;
  readonly output: LinearRef;
  readonly queryNorm?: NormRef;
  readonly keyNorm?: NormRef;
  /** Layer scale, `[hidden]`: of what attention and MLP add (InternViT). */
  readonly scale1?: TensorRef;
  readonly scale2?: TensorRef;
  readonly norm2: NormRef;
  readonly mlp:
    | { readonly kind: 'plain'; readonly first: LinearRef; readonly second: LinearRef; readonly activation: Activation }
    | {
        readonly kind: 'gated';
        readonly gate: LinearRef;
        readonly up: LinearRef;
        readonly down: LinearRef;
        readonly activation: Activation;
      };
}

/**
 * From patches to tokens of the picture, after the last block: rows in, rows out.
 * - `none`: one token a patch; the class row is dropped or kept (as the first token)
 * - `join`: `factor x factor` patches become one row of `factor² * width`, in row order; a class row is dropped. Rows
 *   that already stand in block order (`frames`) are joined as they stand
 * - `average`: their mean (Gemma 3)
 */
export type Merge =
  | { readonly kind: 'none'; readonly dropClass: boolean }
  | { readonly kind: 'join'; readonly factor: number }
  | { readonly kind: 'average'; readonly factor: number };

/** Steps of a projector; a norm's width is what comes in. `before` joins: the norm runs before the merge. */
export type Step =
  | { readonly linear: LinearRef; readonly activation?: Activation }
  | { readonly norm: NormRef; readonly as: NormKind; readonly beforeMerge?: true };
