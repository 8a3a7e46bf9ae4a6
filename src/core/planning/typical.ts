/** Questions as the study asks them, for plans that know only the checkpoint. Pure. */
import type { ModelSpec, Size } from '../spec';
import { DEFAULT_WINDOW, type Knockout } from '../experiment/types';
import { pictureOf } from '../engine/questions';
import { blockOf } from '../engine/sight';
import { viewsOf, type WorkInput } from './work';

/** What a plan knows of a question. */
export type PlannedQuestion = Pick<
  WorkInput,
  'tokens' | 'imageStart' | 'imageTokens' | 'both' | 'views' | 'view' | 'sets'
>;

/** The published prompt (`vicuna_v1`): system text, question of 13 tokens with the instruction after it. */
const BEFORE = 33;
const QUESTION = 13;
const AFTER = 32;
/** The study's six edges. */
const EDGES = [
  ['Question', 'Last'],
  ['Image', 'Last'],
  ['Last', 'Last'],
  ['Image', 'Question'],
  ['Image Central Object', 'Question'],
  ['Image Without Central Object', 'Question'],
] as const;

export function typicalPictures(spec: ModelSpec): {
  /** The usual one, and those with the fewest and the most tokens. */
  readonly all: readonly PlannedQuestion[];
  readonly usual: PlannedQuestion;
  readonly knockouts: readonly Knockout[];
  readonly window: number;
} {
  const all = spec.eye.samples.map((size) => question(spec, size));
  return {
    all,
    usual: all[0],
    knockouts: EDGES.map(([from, to]): Knockout => ({ kind: 'edge', from, to, window: DEFAULT_WINDOW })),
    window: DEFAULT_WINDOW,
  };
}

function question(spec: ModelSpec, size: Size): PlannedQuestion {
  const layout = spec.eye.layOut(size, spec.eye.aspects[0]);
  const imageTokens = layout.sources.length;
  const tokens = BEFORE + imageTokens + AFTER;
  const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
  const image = range(BEFORE, imageTokens);
  const third = Math.floor(imageTokens / 3);
  return {
    tokens,
    imageStart: BEFORE,
    imageTokens,
    both: blockOf(spec.sight, pictureOf(layout.geometry, BEFORE), tokens),
    ...viewsOf(layout),
    sets: {
      Image: image,
      Question: range(BEFORE + imageTokens, QUESTION),
      Last: [tokens - 1],
      'Image Central Object': image.slice(third, 2 * third),
      'Image Without Central Object': [...image.slice(0, third), ...image.slice(2 * third)],
    },
  };
}
