/** From a decoded picture to the tower's input and the places of its image tokens. */
import type { ImageProcessorSpec } from '../checkpoint/spec';
import { imageTokens } from './geometry';
import type { Aspect, ImageGeometry, PreparedImage, RgbImage } from './image';
import { layOut, type Size, type VisionShape } from './layout';
import { renderViews } from './render';

/**
 * Makes an image ready for the vision tower, as transformers' Pillow-based processors do.
 * - `processor`: resize and centre crop, one view
 * - `pad`: padded to a square with the mean colour first (LLaVA-1.5's `pad`, `noHD_noPad` on LLaVA-NeXT)
 * - `anyres`: base view and tiles, with newline tokens
 *
 * Throws `usage` when processor and tower don't fit together or the model cannot tile.
 */
export function prepareImage(
  image: RgbImage,
  spec: ImageProcessorSpec,
  vision: VisionShape,
  aspect: Aspect,
): PreparedImage {
  const layout = layOut(image, spec, vision, aspect);
  const bytes = renderViews(image, layout, spec);
  const { size, views } = layout;
  const pixels = new Float32Array(bytes.length);
  const values = [0, 1, 2].map((channel) => valueTable(spec, channel as 0 | 1 | 2));
  const area = size * size;
  for (let view = 0; view < views.length; view++) {
    for (let channel = 0; channel < 3; channel++) {
      const table = values[channel];
      let from = view * area * 3 + channel;
      let to = (view * 3 + channel) * area;
      for (const end = to + area; to < end; to++, from += 3) pixels[to] = table[bytes[from]]!;
    }
  }
  return { ...imageTokens(layout), pixels, tiles: views.length, size };
}

/** The geometry that prepareImage would give, without pixels: for plans and drawings. Throws the same. */
export function imageGeometry(
  image: Size,
  spec: ImageProcessorSpec,
  vision: VisionShape,
  aspect: Aspect,
): ImageGeometry {
  return imageTokens(layOut(image, spec, vision, aspect)).geometry;
}

/**
 * What each of the 256 byte values becomes in a channel, with numpy's arithmetic: rescaled in double and rounded to
 * float, then mean and deviation as floats, rounded after each step.
 */
function valueTable(spec: ImageProcessorSpec, channel: 0 | 1 | 2): Float32Array {
  const mean = Math.fround(spec.mean[channel]);
  const std = Math.fround(spec.std[channel]);
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const value = Math.fround(byte * (spec.rescale ?? 1));
    return spec.normalize ? Math.fround(value - mean) / std : value;
  });
}
