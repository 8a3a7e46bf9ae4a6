/** Questions as the study asks them, for plans that know only the checkpoint. Pure. */
import type { ModelSpec } from '../checkpoint/spec';
import { DEFAULT_WINDOW, type Knockout } from '../experiment/types';
import type { TokenSets } from '../prompt/types';
import { imageGeometry } from '../vision';
import { layOut, type Size } from '../vision/layout';

/** What a plan knows of a question. */
export interface PlannedQuestion {
  readonly tokens: number;
  /** Position of the first image token. */
  readonly imageStart: number;
  readonly imageTokens: number;
  /** Views that the vision tower sees. */
  readonly tiles: number;
  readonly sets: TokenSets;
}

/** The published prompt (`vicuna_v1`): system text, question of 13 tokens with the instruction after it. */
const BEFORE = 33;
const QUESTION = 13;
const AFTER = 32;
/** Pictures of GQA have about this size. */
const USUAL: Size = { width: 640, height: 480 };
/** Beyond any real picture: the fewest tokens that unpadding leaves. */
const THIN = 50;

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
  const side = spec.vision.imageSize;
  const sizes: Size[] = [USUAL];
  if (spec.aspect === 'anyres') {
    sizes.push({ width: side * THIN, height: side }, { width: side, height: side * THIN });
    for (const [height, width] of spec.processor.gridPinpoints ?? []) sizes.push({ width, height });
  }
  const all = sizes.map((size) => question(spec, size));
  return {
    all,
    usual: all[0],
    knockouts: EDGES.map(([from, to]): Knockout => ({ kind: 'edge', from, to, window: DEFAULT_WINDOW })),
    window: DEFAULT_WINDOW,
  };
}

function question(spec: ModelSpec, size: Size): PlannedQuestion {
  const geometry = imageGeometry(size, spec.processor, spec.vision, spec.aspect);
  const imageTokens = geometry.patches.length;
  const tokens = BEFORE + imageTokens + AFTER;
  const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
  const image = range(BEFORE, imageTokens);
  const third = Math.floor(imageTokens / 3);
  return {
    tokens,
    imageStart: BEFORE,
    imageTokens,
    tiles: layOut(size, spec.processor, spec.vision, spec.aspect).views.length,
    sets: {
      Image: image,
      Question: range(BEFORE + imageTokens, QUESTION),
      Last: [tokens - 1],
      'Image Central Object': image.slice(third, 2 * third),
      'Image Without Central Object': [...image.slice(0, third), ...image.slice(2 * third)],
    },
  };
}
