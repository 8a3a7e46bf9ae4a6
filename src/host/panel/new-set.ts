/** Names for a patch set that someone begins in the panel. Pure. */
import { ARROW } from '../../core/experiment/edges';
import { builtinSet } from '../../core/experiment/names';
import { FIRST_SET } from './experiment';

type Sets = Readonly<Record<string, unknown>>;

/** One that is free, to begin with. */
export function freeName(sets: Sets): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? FIRST_SET : `${FIRST_SET} ${i}`;
    if (!Object.hasOwn(sets, name)) return name;
  }
}

/** Why a new set cannot have this name; undefined when it can. */
export function nameProblem(name: string, sets: Sets): string | undefined {
  const trimmed = name.trim();
  if (trimmed === '') return 'a set needs a name';
  if (trimmed.includes(ARROW)) return `"${ARROW}" stands between the two sets of an edge: choose another name`;
  if (builtinSet(trimmed)) return `"${trimmed}" is a set that every experiment has: choose another name`;
  if (Object.hasOwn(sets, trimmed)) return `the experiment has a set "${trimmed}" already: choose another name`;
  return undefined;
}
