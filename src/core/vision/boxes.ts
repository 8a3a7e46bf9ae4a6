/**
 * Which patches belong to boxes, by the published rule: a green picture with the boxes filled red goes through the very
 * same resize, crop or padding as the image; a patch is in when at least one of its pixels is still pure red.
 */
import { usage } from '../errors';
import type { Aspect, Eye, ImageLayout, Size, TowerSpec } from '../spec';
import type { Box, RgbImage } from './image';
import { renderViews } from './render';
import { rowGrid, rowsPerView } from './rows';

/**
 * Numbers of the patches in any of the boxes, ascending, counted in the image run from 0: base and tile patches, never
 * newline, class or mark tokens; a token blended from several rows of the tower is in when one of them is. May be empty,
 * where a centre crop cuts a box off or a box is thinner than a pixel of the resized picture. Throws `usage` naming the
 * box that is not whole numbers, is negative or lies outside the image.
 */
export function patchesInBoxes(
  imageSize: Size,
  boxes: readonly Box[],
  eye: Pick<Eye, 'layOut' | 'pixels' | 'tower'>,
  aspect: Aspect,
): number[] {
  boxes.forEach((box, i) => checkBox(box, imageSize, i));
  if (boxes.length === 0) return [];
  const layout = eye.layOut(imageSize, aspect);
  const red = redRows(renderViews(paint(imageSize, boxes), layout, eye.pixels), layout, eye.tower);
  const numbers: number[] = [];
  layout.sources.forEach((source, number) => {
    if ('rows' in source && source.rows.some((row) => red[row])) numbers.push(number);
  });
  return numbers;
}

/**
 * Throws `usage` unless the box has whole numbers, no negative side, and a pixel in the image. Its far ends belong to it,
 * so a side of 0 is a line of one pixel, as the published code paints it.
 */
export function checkBox(box: Box, image: Size, index = 0): void {
  const [x, y, width, height] = box;
  const name = `box ${index + 1} [${box.join(', ')}]`;
  const right = 'x, y, width, height in whole pixels of the image file';
  if (!box.every(Number.isSafeInteger)) throw usage(`${name} has numbers that are not whole`, undefined, right);
  if (width < 0 || height < 0) throw usage(`${name} has a negative width or height`, undefined, right);
  if (x >= image.width || y >= image.height || x + width < 0 || y + height < 0) {
    const hint = `the image has ${image.width} x ${image.height} pixels`;
    throw usage(`${name} lies outside the image`, undefined, hint);
  }
}

/** Green with the boxes in red, as PIL's ImageDraw.rectangle paints them: far ends included, cut at the border. */
function paint({ width, height }: Size, boxes: readonly Box[]): RgbImage {
  const data = new Uint8Array(width * height * 3);
  const green = new Uint8Array(width * 3);
  for (let i = 1; i < green.length; i += 3) green[i] = 255;
  for (let row = 0; row < height; row++) data.set(green, row * width * 3);
  for (const [x, y, w, h] of boxes) {
    for (let row = Math.max(y, 0); row <= Math.min(y + h, height - 1); row++) {
      for (let column = Math.max(x, 0); column <= Math.min(x + w, width - 1); column++) {
        const p = (row * width + column) * 3;
        data[p] = 255;
        data[p + 1] = 0;
      }
    }
  }
  return { width, height, data };
}

/** For each row of the tower's output, whether its area has a pixel that is exactly (255, 0, 0). */
function redRows(bytes: Uint8Array, { views, viewSize }: ImageLayout, tower: TowerSpec): Uint8Array {
  const { rows, columns, side, first } = rowGrid(tower, viewSize);
  const perView = rowsPerView(tower, viewSize);
  const red = new Uint8Array(views.length * perView);
  let p = 0;
  for (let view = 0; view < views.length; view++) {
    for (let y = 0; y < viewSize.height; y++) {
      const row = Math.floor(y / side);
      for (let x = 0; x < viewSize.width; x++, p += 3) {
        if (bytes[p] !== 255 || bytes[p + 1] !== 0 || bytes[p + 2] !== 0) continue;
        const column = Math.floor(x / side);
        if (row < rows && column < columns) red[view * perView + first + row * columns + column] = 1;
      }
    }
  }
  return red;
}
