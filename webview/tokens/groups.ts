/** The one group a token is coloured by: the first of these sets that holds it. */
import type { ExampleInfo } from '../../src/protocol/panel';

const ORDER = [
  ['last', 'Last'],
  ['true', 'True Option'],
  ['false', 'False Option'],
  ['object', 'Central Object'],
  ['question', 'Question'],
  ['instruction', 'Instruction'],
  ['system', 'System'],
] as const;
export type TokenGroup = (typeof ORDER)[number][0] | 'image' | 'other';

const known = new WeakMap<ExampleInfo, TokenGroup[]>();

export function tokenGroup(example: ExampleInfo, position: number): TokenGroup {
  let groups = known.get(example);
  if (!groups) {
    groups = example.tokens.map((): TokenGroup => 'other');
    for (const [group, set] of [...ORDER].reverse()) for (const p of example.sets[set] ?? []) groups[p] = group;
    groups.fill('image', example.imageStart, example.imageStart + example.imageTokens);
    known.set(example, groups);
  }
  return groups[position] ?? 'other';
}

/** Groups that occur here, with their names, for the legend. */
export function groupsOf(example: ExampleInfo): readonly (readonly [TokenGroup, string])[] {
  const there = new Set(example.tokens.map((_, i) => tokenGroup(example, i)));
  const all: (readonly [TokenGroup, string])[] = [
    ['system', 'System'],
    ['image', 'Image'],
    ['question', 'Question'],
    ['object', 'Central object'],
    ['true', 'True option'],
    ['false', 'False option'],
    ['instruction', 'Instruction'],
    ['last', 'Last'],
    ['other', 'Others'],
  ];
  return all.filter(([group]) => there.has(group));
}

/** Which of the curves' colours a group has, as tokens.css has it; the others are grey. */
const COLOURS: Partial<Record<TokenGroup, number>> = {
  image: 3,
  question: 1,
  object: 2,
  true: 0,
  false: 5,
  instruction: 6,
  last: 4,
  system: 7,
};
const GREY = '#808080';

/** @param series the curves' colours, of the theme or of print */
export function colourOf(group: TokenGroup, series: readonly string[]): string {
  const at = COLOURS[group];
  return at === undefined ? GREY : series[at];
}
