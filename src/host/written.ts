/** Files as an experiment names them: relative to its folder where they can be, with forward slashes. Pure. */
import path from 'node:path';

type Paths = Pick<typeof path, 'relative' | 'isAbsolute'>;

/** `on`: the paths of another system, for tests. A file on another drive stays absolute. */
export const asWritten = (folder: string, file: string, on: Paths = path): string =>
  on.relative(folder, file).replaceAll('\\', '/') || '.';

/** A checkpoint's folder. It must begin like a path, else it would be read as an id of the hub. */
export function folderAsWritten(folder: string, checkpoint: string, on: Paths = path): string {
  const text = asWritten(folder, checkpoint, on);
  return text.startsWith('.') || on.isAbsolute(text) ? text : `./${text}`;
}
