/** Which look (colour, dash, marker) each curve has. */
import { knockoutId, knockoutLabel, PUBLISHED_EDGES, type Knockout } from '../../src/protocol/panel';
import { SERIES } from '../ui/theme';

const isPublished = (label: string): boolean => (PUBLISHED_EDGES as readonly string[]).includes(label);

/** What looksOf() knows a knockout by: an edge of some heads only is not the published one. */
export const lookName = (k: Knockout): string => (k.kind === 'edge' && k.heads ? knockoutId(k) : knockoutLabel(k));

/**
 * The looks of curves in their order: the published edges always have theirs, in the colours of the figures; others take
 * what is left, so that no two of the first eight look alike.
 * @param names of the curves, as lookName() gives them
 */
export function looksOf(names: readonly string[]): number[] {
  const fixed = names.map((name, i) =>
    isPublished(name) && names.indexOf(name) === i ? (PUBLISHED_EDGES as readonly string[]).indexOf(name) : undefined,
  );
  const taken = new Set(fixed);
  // Those that no published edge ever takes come first: a curve keeps its look when a published edge joins it.
  const own = Array.from({ length: SERIES - PUBLISHED_EDGES.length }, (_, i) => PUBLISHED_EDGES.length + i);
  const free = [...own, ...PUBLISHED_EDGES.map((_, i) => i)].filter((look) => !taken.has(look));
  let others = 0;
  return fixed.map((look) => look ?? free[others++] ?? SERIES + others - free.length - 1);
}
