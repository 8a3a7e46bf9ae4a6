import { usage } from '../errors';
import type { WeightTable } from './weights';

/** Where one generation of checkpoints puts its tensors. Nothing else in Crossflow knows these names. */
export interface Layout {
  readonly name: string;
  /** Before `embed_tokens`, `layers.N` and `norm`. */
  readonly decoder: string;
  readonly head: string;
  /** Before `embeddings`, `pre_layrnorm` and `encoder`; the first that fits. Undefined: in a CLIP folder. */
  readonly vision?: readonly string[];
  readonly projector: readonly [first: string, second: string];
  readonly newline: string;
}

const HF_PROJECTOR = ['multi_modal_projector.linear_1', 'multi_modal_projector.linear_2'] as const;
const HF_DECODER = { decoder: 'language_model.model.', head: 'language_model.lm_head.weight' };
const ORIGINAL = {
  decoder: 'model.',
  head: 'lm_head.weight',
  projector: ['model.mm_projector.0', 'model.mm_projector.2'],
  newline: 'model.image_newline',
} as const;

export const LAYOUTS: readonly Layout[] = [
  // llava-hf folders up to transformers 4
  {
    name: 'hf',
    ...HF_DECODER,
    vision: ['vision_tower.vision_model.'],
    projector: HF_PROJECTOR,
    newline: 'image_newline',
  },
  // as transformers 5 writes them
  { name: 'hf-5', ...HF_DECODER, vision: ['vision_tower.'], projector: HF_PROJECTOR, newline: 'image_newline' },
  // a model's own names in memory (state_dict), saved as they are
  {
    name: 'in-memory',
    decoder: 'model.language_model.',
    head: 'lm_head.weight',
    vision: ['model.vision_tower.', 'model.vision_tower.vision_model.'],
    projector: ['model.multi_modal_projector.linear_1', 'model.multi_modal_projector.linear_2'],
    newline: 'model.image_newline',
  },
  // github.com/haotian-liu/LLaVA with the tower inside (LLaVA-1.6), and without it (LLaVA-1.5)
  {
    name: 'original',
    ...ORIGINAL,
    vision: ['model.vision_tower.vision_tower.vision_model.', 'model.vision_tower.vision_tower.'],
  },
  { name: 'original+clip', ...ORIGINAL },
];

/** Names inside a CLIP folder: a CLIPModel or CLIPVisionModel of transformers 4, or a CLIPVisionModel of 5. */
export const CLIP_PREFIXES = ['vision_model.', ''] as const;

/** The token embedding, after a layout's `decoder`. */
export const EMBEDDING = 'embed_tokens.weight';

/** Present in every CLIP tower and nowhere else. */
const PROBE = 'embeddings.class_embedding';

/** The prefix under which a tower's tensors stand, or undefined when there is none. */
export const visionPrefix = (weights: WeightTable, prefixes: readonly string[]): string | undefined =>
  prefixes.find((p) => weights.has(p + PROBE));

/** The layout whose names the folder uses. @throws CrossflowError `usage` when none fits */
export function findLayout(weights: WeightTable, file: string): { layout: Layout; vision?: string } {
  // a tied folder may hold the embedding under the head's name only, but every decoder has a last norm of its own
  const fitting = LAYOUTS.filter((l) => [EMBEDDING, 'norm.weight'].some((name) => weights.has(l.decoder + name)));
  for (const layout of fitting) {
    const vision = layout.vision && visionPrefix(weights, layout.vision);
    if (vision !== undefined) return { layout, vision };
  }
  const outside = fitting.find((l) => l.vision === undefined);
  if (outside !== undefined) return { layout: outside };
  const [layout] = fitting;
  if (layout !== undefined) throw usage(`the vision tower is missing: no ${layout.vision?.[0]}${PROBE}`, file);
  const [first] = weights.names();
  const example = first === undefined ? 'there are none' : `the first is ${first}`;
  const known = LAYOUTS.slice(0, 4).map((l) => l.decoder + EMBEDDING);
  throw usage(
    `tensor names fit no known layout: ${example}`,
    file,
    `expected one of ${[...new Set(known)].join(', ')}`,
  );
}
