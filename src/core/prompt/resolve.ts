import { usage, type CrossflowError } from '../errors';
import { nearest } from '../words/nearest';
import { explainAbsent, SET_NAMES } from './set-names';
import type { TokenSets } from './types';

/**
 * The positions of a set by its name.
 * @throws CrossflowError `usage` for an unknown name (with the nearest known one), a set this example cannot have (with
 * the reason), and an empty set
 */
export function resolveSet(sets: TokenSets, name: string): readonly number[] {
  const positions = Object.hasOwn(sets, name) ? sets[name] : undefined;
  if (positions === undefined) throw absent(name, Object.keys(sets));
  if (positions.length === 0) throw usage(`token set "${name}" is empty`, undefined, emptyHint(name));
  return positions;
}

/** The error for a name that is not among the known ones. */
export function absent(name: string, known: readonly string[]): CrossflowError {
  const why = explainAbsent(name);
  if (why !== undefined) return usage(`token set "${name}" does not exist for this example`, undefined, `it ${why}`);
  const near = nearest(name, new Set([...known, ...SET_NAMES]));
  return usage(`unknown token set "${name}"`, undefined, near === undefined ? undefined : `did you mean "${near}"?`);
}

function emptyHint(name: string): string | undefined {
  if (name === 'Instruction') return 'nothing stands between the question and the last position';
  if (name.startsWith('Image') && name.includes('Without')) return 'the boxes cover every patch';
  if (name.startsWith('Image')) return 'no patch lies in the boxes: too small, or cropped away';
  return undefined;
}
