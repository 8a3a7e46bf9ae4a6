import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failed } from '../errors';

/** The family that figures are set in (it has `↛`), and what takes its place where it is not installed. */
export const FONT_NAME = 'DejaVu Sans';
export const FONT_FAMILY = `${FONT_NAME}, Verdana, sans-serif`;

export type FontFile = 'DejaVuSans.ttf' | 'DejaVuSans-Bold.ttf';
export const FONT_FILES: readonly FontFile[] = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'];

/** Path of a font: `fonts/` beside the bundle, or the package it comes from when run from source. */
export function fontPath(name: FontFile): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    for (const inside of ['fonts', 'node_modules/dejavu-fonts-ttf/ttf']) {
      const path = join(folder, inside, name);
      if (existsSync(path)) return path;
    }
    if (dirname(folder) === folder) throw failed(`font ${name} is missing`, __dirname, 'install Crossflow again');
  }
}
