/**
 * What LLaVA-1.5, LLaVA-NeXT and the original folders of both share once their configs are read: tensor names, a CLIP
 * tower, two linear layers, a decoder, and pictures on canvases.
 */
import type { WeightTable } from '../../checkpoint/weights';
import { readTokens } from '../../checkpoint/special-tokens';
import { usage } from '../../errors';
import type { Activation, ModelSpec, TensorRef } from '../../spec';
import { PUBLISHED_TEMPLATES } from '../choices';
import type { CheckpointFolder } from '../family';
import { canvasEye, type CanvasAspect, type Pinpoints, type Unpadding } from './canvas';
import { clipTower, type FeatureChoice } from './clip';
import type { TowerConfig } from './tower-config';
import { modelSpec } from './model';
import { CLASS_EMBEDDING, EMBEDDING, linear, noLayout, prefixOf } from './names';
import { readProcessor } from './processor';
import { textDecoder, type TextConfig } from './text';

/** config.json of either kind of folder, with every default filled in. */
export interface LlavaConfig extends FeatureChoice {
  readonly family: string;
  readonly text: TextConfig;
  /** Undefined where only the CLIP folder knows (original LLaVA). */
  readonly vision?: TowerConfig;
  readonly projector: { readonly activation: Activation; readonly bias: boolean };
  readonly imageTokenId: number;
  readonly aspect: CanvasAspect;
  /** Where pictures may be tiled; such checkpoints have a learned row end. */
  readonly gridPinpoints?: Pinpoints;
  /** Left out: transformers'. */
  readonly unpadding?: Unpadding;
  /** Original LLaVA cuts what is longer (`tokenizer_model_max_length`). */
  readonly maxTokens?: number;
}

/** Where one generation of checkpoints puts its tensors. */
interface Layout {
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

const LAYOUTS: readonly Layout[] = [
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

/** The layout whose names the folder uses. @throws CrossflowError `usage` when none fits */
function findLayout(weights: WeightTable, file: string): { layout: Layout; vision?: string } {
  // a tied folder may hold the embedding under the head's name only, but every decoder has a last norm of its own
  const fitting = LAYOUTS.filter((l) => [EMBEDDING, 'norm.weight'].some((name) => weights.has(l.decoder + name)));
  for (const layout of fitting) {
    const vision = layout.vision && prefixOf(weights, layout.vision, CLASS_EMBEDDING);
    if (vision !== undefined) return { layout, vision };
  }
  const outside = fitting.find((l) => l.vision === undefined);
  if (outside !== undefined) return { layout: outside };
  const [layout] = fitting;
  if (layout !== undefined)
    throw usage(`the vision tower is missing: no ${layout.vision?.[0]}${CLASS_EMBEDDING}`, file);
  throw noLayout(
    weights,
    file,
    LAYOUTS.slice(0, 4).map((l) => l.decoder + EMBEDDING),
  );
}

/** The CLIP model that an original folder names. */
export interface ClipFolder {
  readonly folder: string;
  /** Its tensors, where the checkpoint itself has no tower. */
  readonly table: WeightTable;
  readonly prefix: string;
}

/**
 * @param vision the tower's config
 * @param clip says where the tower is when the checkpoint itself has none
 * @param processors folders whose processor files count, the first first
 */
export async function llavaModel(
  folder: CheckpointFolder,
  config: LlavaConfig,
  vision: TowerConfig,
  { processors, clip }: { processors: readonly string[]; clip: () => Promise<ClipFolder> },
): Promise<ModelSpec> {
  const { weights, config: file } = folder;
  const { text, projector } = config;
  const { layout, vision: prefix } = findLayout(weights, folder.path);
  const apart = prefix === undefined ? await clip() : undefined;
  const tiled = config.gridPinpoints !== undefined;
  const processor = await readProcessor(processors, { ...vision, select: config.select }, config.gridPinpoints);
  const decoder = textDecoder(weights, { prefix: layout.decoder, head: layout.head }, text, file);
  const tower = clipTower(apart?.table ?? weights, apart?.prefix ?? prefix ?? '', vision, config, file);
  const [first, second] = layout.projector;
  const project = [
    { linear: linear(weights, first, text.hidden, vision.hidden, projector.bias), activation: projector.activation },
    { linear: linear(weights, second, text.hidden, text.hidden, projector.bias) },
  ];
  const newline: TensorRef | undefined = tiled ? weights.get(layout.newline, [text.hidden]) : undefined;
  const tokens = await readTokens(folder.path, config.imageTokenId, text.eos, processor.imageToken);
  return modelSpec(folder, {
    family: config.family,
    layout: layout.name,
    decoder,
    eye: canvasEye({
      tower: { ...tower, project },
      processor,
      imageSize: vision.imageSize,
      select: config.select,
      aspect: processor.pads ? 'pad' : config.aspect,
      ...(newline && { newline }),
      ...(config.unpadding && { unpadding: config.unpadding }),
    }),
    prompt: {
      placeholder: tokens.imageText ?? '<image>',
      imageTokenId: config.imageTokenId,
      templates: PUBLISHED_TEMPLATES,
    },
    eosTokenIds: tokens.eos,
    ...(config.maxTokens === undefined ? {} : { maxTokens: config.maxTokens }),
    companions: processors.slice(1),
    tables: apart ? [{ table: apart.table, companion: apart.folder }] : [],
  });
}
