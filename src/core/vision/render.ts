/** A layout's pixels: resized, padded and cut, 8 bits a channel. */
import type { ImageProcessorSpec, Resample } from '../checkpoint/spec';
import { usage } from '../errors';
import type { RgbImage } from './image';
import type { ImageLayout, View } from './layout';
import { MAX_IMAGE_PIXELS } from './limits';
import { resize } from './resample';

/** The views' pixels, `[views, size, size, 3]`. Black outside the resized frame; padding has the processor's mean. */
export function renderViews(image: RgbImage, layout: ImageLayout, spec: ImageProcessorSpec): Uint8Array {
  const { size, aspect } = layout;
  const framed = aspect === 'pad' ? padded(image, layout, spec.mean) : image;
  const [base, ...tiles] = layout.views;
  const bytes = size * size * 3;
  const out = new Uint8Array((1 + tiles.length) * bytes);
  if (base) renderBase(out.subarray(0, bytes), size, framed, base, spec.resample);
  if (tiles[0]) {
    // All tiles are cut from one resized picture.
    const mosaic = resize(framed, tiles[0].width, tiles[0].height, spec.resample);
    tiles.forEach(({ left, top }, i) =>
      copy(out.subarray((1 + i) * bytes, (2 + i) * bytes), size, mosaic, -left, -top),
    );
  }
  return out;
}

/** Only what the crop keeps is resized: the whole could be huge where a picture is very long. */
function renderBase(target: Uint8Array, size: number, image: RgbImage, view: View, filter: Resample): void {
  const left = Math.max(view.left, 0);
  const top = Math.max(view.top, 0);
  const width = Math.min(view.left + size, view.width) - left;
  const height = Math.min(view.top + size, view.height) - top;
  const part = resize(image, view.width, view.height, filter, { left, top, width, height });
  copy(target, size, part, left - view.left, top - view.top);
}

/** Puts `source` at `x`, `y` of a square; what falls outside is dropped. */
function copy(target: Uint8Array, side: number, source: RgbImage, x: number, y: number): void {
  const from = Math.max(0, -x);
  const to = Math.min(source.width, side - x);
  if (to <= from) return;
  for (let row = Math.max(0, -y); row < Math.min(source.height, side - y); row++) {
    const line = row * source.width * 3;
    target.set(source.data.subarray(line + from * 3, line + to * 3), ((y + row) * side + x + from) * 3);
  }
}

/** LLaVA's `expand2square`: the image in the middle of a square of the processor's mean colour. */
function padded(image: RgbImage, layout: ImageLayout, mean: readonly [number, number, number]): RgbImage {
  const { x, y, width: side } = layout.frame;
  if (image.width === image.height) return image;
  if (side * side > MAX_IMAGE_PIXELS) {
    const hint = 'aspect processor does not pad';
    throw usage(`padding ${image.width} x ${image.height} pixels to a square takes too much memory`, undefined, hint);
  }
  const data = new Uint8Array(side * side * 3);
  const colour = mean.map((m) => Math.trunc(m * 255));
  const line = new Uint8Array(side * 3);
  for (let i = 0; i < line.length; i++) line[i] = colour[i % 3]!;
  for (let row = 0; row < side; row++) {
    const covered = x === 0 && row >= -y && row < image.height - y;
    if (!covered) data.set(line, row * side * 3);
  }
  copy(data, side, image, -x, -y);
  return { width: side, height: side, data };
}
