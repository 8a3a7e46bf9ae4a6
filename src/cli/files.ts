/** How files that were written are told. */
import { basename, dirname, relative, sep } from 'node:path';

/** Files by name; the many figures as their folder. */
export function listed(files: readonly string[]): string[] {
  const figures = new Map<string, number>();
  const lines: string[] = [];
  for (const file of files) {
    const folder = figureFolder(file);
    if (folder === undefined) lines.push(shown(file));
    else figures.set(folder, (figures.get(folder) ?? 0) + 1);
  }
  return [...lines, ...[...figures].map(([folder, count]) => `${shown(folder)}${sep} (${count} files)`)];
}

/** The outermost folder named `figures` around a file, within the last few levels that Crossflow makes there. */
function figureFolder(file: string): string | undefined {
  let folder = dirname(file);
  for (let level = 0; level < 3; level++, folder = dirname(folder)) if (basename(folder) === 'figures') return folder;
  return undefined;
}

/** Relative where that is shorter to read. */
function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
