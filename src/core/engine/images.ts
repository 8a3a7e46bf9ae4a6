/** Pictures made ready for the tower; the last few are kept, since many questions ask about one picture. */
import { stat } from 'node:fs/promises';
import type { Aspect, Eye, PreparedImage } from '../spec';
import { decodeImage } from '../vision/decode';
import { prepareImage } from '../vision/prepare';

/** Prepared pictures held: the one in each open editor, and a few more. */
const KEPT = 4;

export interface LoadedImage {
  readonly prepared: PreparedImage;
  /** Equal exactly for the same file content (by size and time of change), aspect and limits. */
  readonly key: string;
  readonly width: number;
  readonly height: number;
  /** decodeImage's */
  readonly notes: readonly string[];
}

export class Images {
  private readonly kept = new Map<string, LoadedImage>();

  async load(file: string, eye: Eye, aspect: Aspect): Promise<LoadedImage> {
    const info = await stat(file).catch(() => undefined);
    const key = JSON.stringify([file, aspect, eye.limits?.pixels, info?.size, info?.mtimeMs]);
    const known = this.kept.get(key);
    if (known) {
      // The one that was longest not asked for goes first.
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    const image = await decodeImage(file);
    const prepared = prepareImage(image, eye, aspect);
    const { width, height, notes } = image;
    const loaded = { prepared, key, width, height, notes };
    this.kept.set(key, loaded);
    for (const old of this.kept.keys()) if (this.kept.size > KEPT) this.kept.delete(old);
    return loaded;
  }
}
