/** From a decoded picture to the tower's input. */
import type { Aspect, Eye, PixelSpec, PreparedImage } from '../spec';
import type { RgbImage } from './image';
import { renderViews } from './render';

/**
 * Makes an image ready for the vision tower, as transformers' Pillow-based processors do.
 * @throws CrossflowError `usage` when processor and tower don't fit together or the aspect is not the model's
 */
export function prepareImage(image: RgbImage, eye: Pick<Eye, 'layOut' | 'pixels'>, aspect: Aspect): PreparedImage {
  const layout = eye.layOut({ width: image.width, height: image.height }, aspect);
  const spec = eye.pixels;
  const bytes = renderViews(image, layout, spec);
  const pixels = new Float32Array(bytes.length);
  const values = [0, 1, 2].map((channel) => valueTable(spec, channel as 0 | 1 | 2));
  const area = layout.viewSize.width * layout.viewSize.height;
  for (let view = 0; view < layout.views.length; view++) {
    for (let channel = 0; channel < 3; channel++) {
      const table = values[channel];
      let from = view * area * 3 + channel;
      let to = (view * 3 + channel) * area;
      for (const end = to + area; to < end; to++, from += 3) pixels[to] = table[bytes[from]]!;
    }
  }
  return { layout, pixels };
}

/**
 * What each of the 256 byte values becomes in a channel, with numpy's arithmetic: rescaled in double and rounded to
 * float, then mean and deviation as floats, rounded after each step.
 */
function valueTable(spec: PixelSpec, channel: 0 | 1 | 2): Float32Array {
  const mean = Math.fround(spec.mean[channel]);
  const std = Math.fround(spec.std[channel]);
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const value = Math.fround(byte * (spec.rescale ?? 1));
    return spec.normalize ? Math.fround(value - mean) / std : value;
  });
}
