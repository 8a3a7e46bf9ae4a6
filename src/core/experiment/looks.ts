/**
 * How a curve looks and what it is called, in the panel and in what is exported from it. Pure and small: the panel asks
 * it too, through the protocol.
 */
import { PUBLISHED_EDGES } from './names';
import { knockoutId, knockoutLabel, type Knockout } from './types';

/**
 * Colours of the looks on white, as base.css has them for light themes: those of the published edges first, in the hues of
 * the figures but dark enough for letters. Dark themes have lighter ones.
 */
export const SERIES_ON_WHITE = [
  '#00785a',
  '#b35900',
  '#c22f00',
  '#0059b3',
  '#1f86b8',
  '#a8417f',
  '#6a3fc4',
  '#555555',
] as const;
const SERIES = SERIES_ON_WHITE.length;
/** Lengths of dashes and gaps, so that looks differ in more than colour. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

/** Colours come again after the eighth, with other dashes. */
export const dashOf = (look: number): readonly number[] => DASHES[(look + Math.floor(look / SERIES)) % DASHES.length];

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

/** `Image → Last`, `attention of Last`: a knockout for reading. */
export function knockoutWords(k: Knockout): string {
  if (k.kind === 'edge') return `${k.from} → ${k.to}`;
  if (k.kind === 'prune') return `${k.of} dropped`;
  return `${k.kind === 'mlp' ? 'MLP' : 'attention'} of ${k.of}`;
}
