/** The eye that an experiment sees a picture with. */
import { usage } from '../errors';
import type { Eye, ModelSpec, PixelRange } from '../spec';

/**
 * The checkpoint's own, or the same under an experiment's limits.
 * @throws CrossflowError `usage` where a model's pictures have no limits to set, or these leave no size
 */
export function eyeOf({ eye, family }: Pick<ModelSpec, 'eye' | 'family'>, pixels: PixelRange | undefined): Eye {
  if (pixels === undefined) return eye;
  if (!eye.limits) throw usage(noLimits(family), undefined, 'remove "pixels"');
  return eye.limits.within(pixels);
}

/** Why "pixels" cannot be asked of a family. */
export const noLimits = (family: string): string =>
  `"pixels" cannot be set for ${family}: its pictures are brought to sizes of the checkpoint's own`;
