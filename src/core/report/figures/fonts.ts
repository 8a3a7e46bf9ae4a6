import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failed } from '../../errors';

/** The family that figures are set in (it has `↛`), and what takes its place where it is not installed. */
export const FONT_NAME = 'DejaVu Sans';
export const FONT_FAMILY = `${FONT_NAME}, Verdana, sans-serif`;

export type FontFile = 'DejaVuSans.ttf' | 'DejaVuSans-Bold.ttf';
export const FONT_FILES: readonly FontFile[] = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];
/** HarfBuzz's subsetter. */
const SUBSETTER = 'harfbuzz-subset.wasm';

/** Path of a font: `fonts/` beside the bundle, or the package it comes from when run from source. */
export const fontPath = (name: FontFile): string => find(name, 'node_modules/dejavu-fonts-ttf/ttf', 'font');
/** Path of the program that takes glyphs out of fonts, found in the same way. */
export const subsetterPath = (): string => find(SUBSETTER, 'node_modules/harfbuzzjs/dist', 'program');

function find(name: string, packaged: string, what: string): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    for (const inside of ['fonts', packaged]) {
      const path = join(folder, inside, name);
      if (existsSync(path)) return path;
    }
    if (dirname(folder) === folder) throw failed(`${what} ${name} is missing`, __dirname, 'install Crossflow again');
  }
}
