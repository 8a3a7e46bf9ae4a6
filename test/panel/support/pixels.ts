/** What is really on the screen, as numbers. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';

export type Pixel = readonly [red: number, green: number, blue: number];

/** Pixels of a part of the page, row by row. */
export async function pixelsOf(
  page: Page,
  clip: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Promise<Pixel[]> {
  const { data, info } = await sharp(await page.screenshot({ clip }))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Array.from({ length: info.width * info.height }, (_, i): Pixel => [
    data[3 * i],
    data[3 * i + 1],
    data[3 * i + 2],
  ]);
}
