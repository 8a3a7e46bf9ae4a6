/** The picture that the panel draws: the engine's own reading of the file, so that patches lie where the model has them. */
import { stat } from 'node:fs/promises';

export interface ShownPicture {
  /** Equal for the same file content, by size and time of change. */
  readonly tag: string;
  /** Undefined when it could not be read once more. */
  readonly png: Uint8Array | undefined;
}

/** Reads a picture, unless it is the one known. `read` gives a PNG. */
export async function pictureOf(
  file: string,
  known: ShownPicture | undefined,
  read: () => Promise<Uint8Array>,
): Promise<ShownPicture> {
  const tag = await pictureTag(file);
  if (known?.png && known.tag === tag) return known;
  return { tag, png: await read().catch(() => undefined) };
}

export async function pictureTag(file: string): Promise<string> {
  const info = await stat(file).catch(() => undefined);
  return JSON.stringify([file, info?.size, info?.mtimeMs]);
}
