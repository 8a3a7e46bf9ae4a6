/** A layout's pixels: resized, padded and cut, 8 bits a channel. */
import { usage } from '../errors';
import type { ImageLayout, PixelSpec, Resample, Size, View } from '../spec';
import { MAX_IMAGE_PIXELS, type RgbImage } from './image';
import { resize, type Window } from './resample';

/** The views' pixels, `[views, height, width, 3]`. Black outside the resized frame; padding has the layout's colour. */
export function renderViews(image: RgbImage, layout: ImageLayout, spec: PixelSpec): Uint8Array {
  const { viewSize, views } = layout;
  const framed = padded(image, layout, spec.mean);
  const bytes = viewSize.width * viewSize.height * 3;
  const out = new Uint8Array(views.length * bytes);
  // Views that are cut from one resized picture are made together, and pictures on the way to several are kept.
  const steps = new Map<string, RgbImage>([[stepsKey([]), framed]]);
  const drawn = new Map<string, View[]>();
  for (const view of views) drawn.set(stepsKey(view.resize), [...(drawn.get(stepsKey(view.resize)) ?? []), view]);
  const chains = [...drawn.keys()];
  for (const [key, alike] of drawn) {
    const chain = alike[0].resize;
    const last = chain.at(-1) ?? framed;
    const needed = chain.length === 0 || chains.some((other) => other.startsWith(`${key},`));
    const window = needed ? { left: 0, top: 0, width: last.width, height: last.height } : union(alike, viewSize, last);
    const part = needed
      ? step(steps, chain, spec.resample)
      : resize(step(steps, chain.slice(0, -1), spec.resample), last.width, last.height, spec.resample, window);
    for (const view of alike) {
      const at = views.indexOf(view) * bytes;
      copy(out.subarray(at, at + bytes), viewSize, part, window.left - view.left, window.top - view.top);
    }
  }
  return out;
}

const stepsKey = (chain: readonly Size[]): string => chain.map(({ width, height }) => `${width}x${height}`).join();

/** The picture after all sizes of a chain, from the longest part of it that is there already. */
function step(steps: Map<string, RgbImage>, chain: readonly Size[], filter: Resample): RgbImage {
  const known = steps.get(stepsKey(chain));
  if (known) return known;
  const before = step(steps, chain.slice(0, -1), filter);
  const { width, height } = chain[chain.length - 1];
  const made = resize(before, width, height, filter);
  steps.set(stepsKey(chain), made);
  return made;
}

/** Only what the views keep is resized: the whole could be huge where a picture is very long. */
function union(views: readonly View[], { width, height }: Size, whole: Size): Window {
  const left = Math.max(Math.min(...views.map((v) => v.left)), 0);
  const top = Math.max(Math.min(...views.map((v) => v.top)), 0);
  const right = Math.min(Math.max(...views.map((v) => v.left)) + width, whole.width);
  const bottom = Math.min(Math.max(...views.map((v) => v.top)) + height, whole.height);
  return { left, top, width: right - left, height: bottom - top };
}

/** Puts `source` at `x`, `y` of a picture of this size; what falls outside is dropped. */
function copy(target: Uint8Array, { width, height }: Size, source: RgbImage, x: number, y: number): void {
  const from = Math.max(0, -x);
  const to = Math.min(source.width, width - x);
  if (to <= from) return;
  for (let row = Math.max(0, -y); row < Math.min(source.height, height - y); row++) {
    const line = row * source.width * 3;
    target.set(source.data.subarray(line + from * 3, line + to * 3), ((y + row) * width + x + from) * 3);
  }
}

/** The image in the middle of a square (LLaVA's `expand2square`) or whatever frame the layout puts it in. */
function padded(image: RgbImage, { frame, fill }: ImageLayout, mean: readonly [number, number, number]): RgbImage {
  const { x, y, width, height } = frame;
  if (x === 0 && y === 0 && image.width === width && image.height === height) return image;
  if (width * height > MAX_IMAGE_PIXELS) {
    const hint = 'aspect processor does not pad';
    throw usage(`padding ${image.width} x ${image.height} pixels to a square takes too much memory`, undefined, hint);
  }
  const data = new Uint8Array(width * height * 3);
  const colour = fill ?? mean.map((m) => Math.trunc(m * 255));
  const line = new Uint8Array(width * 3);
  for (let i = 0; i < line.length; i++) line[i] = colour[i % 3]!;
  for (let row = 0; row < height; row++) {
    const covered = x === 0 && image.width === width && row >= -y && row < image.height - y;
    if (!covered) data.set(line, row * width * 3);
  }
  copy(data, { width, height }, image, -x, -y);
  return { width, height, data };
}
