import type { SetDefinition, TemplateName } from '../prompt/types';
import type { Aspect, PixelRange } from '../spec';
import type { Box } from '../vision/image';

export type { SetDefinition, TemplateName } from '../prompt/types';

/** The published suffix of every question, with its leading space. */
export const DEFAULT_INSTRUCTION = ' \nAnswer the question using a single word or phrase.';
/** Window size of the published runs. */
export const DEFAULT_WINDOW = 9;
/** Most words a layer whose list is kept; the published tables have 50. */
export const MAX_TOP_WORDS = 1000;

/** In each layer of the window, the target rows may not attend to the source columns. */
export interface EdgeKnockout {
  readonly kind: 'edge';
  readonly from: string;
  readonly to: string;
  readonly window: number;
  /** Query heads that are blocked; all when left out. */
  readonly heads?: readonly number[];
}
/** In each layer of the window, nothing of the sublayer's output is added to these rows' residual. */
export interface SublayerKnockout {
  readonly kind: 'attention' | 'mlp';
  readonly of: string;
  readonly window: number;
}
/** The rows are dropped after layer K (0-based, K itself still runs); one score for each K. */
export interface PruneKnockout {
  readonly kind: 'prune';
  readonly of: string;
}
export type Knockout = EdgeKnockout | SublayerKnockout | PruneKnockout;

/** `Question->Last`, `attention:Last`, `mlp:Last`, `prune:Image`: how results name a knockout. */
export function knockoutLabel(k: Knockout): string {
  return k.kind === 'edge' ? `${k.from}->${k.to}` : `${k.kind}:${k.of}`;
}
/** The sets a knockout names. */
export function knockoutSets(k: Knockout): string[] {
  return k.kind === 'edge' ? [k.from, k.to] : [k.of];
}
/** Label, window and heads together: equal exactly when two knockouts ask the same. */
export function knockoutId(k: Knockout): string {
  const window = 'window' in k ? ` w${k.window}` : '';
  const heads = k.kind === 'edge' && k.heads ? ` h${k.heads.join(',')}` : '';
  return knockoutLabel(k) + window + heads;
}

/** One question on one image: what the engine needs to know to prepare an example. */
export interface QuestionInput {
  /** Absolute path. */
  readonly image: string;
  /** Left out: the checkpoint's own. */
  readonly aspect?: Aspect;
  /** Left out: the checkpoint's own limits, where it has some. */
  readonly pixels?: PixelRange;
  /** Left out: the checkpoint's own chat template. */
  readonly template?: TemplateName;
  /** A system message, by the chat template's own system turn. */
  readonly system?: string;
  readonly instruction: string;
  readonly question: string;
  /** Gold answer. */
  readonly answer?: string;
  readonly options?: readonly [trueOption: string, falseOption: string];
  /** Boxes of the objects the question is about, in pixels of the image file. */
  readonly objects?: readonly Box[];
  /** The central object's word(s) as they stand in the question, where known (data sets give it). */
  readonly objectName?: string;
  readonly sets: Readonly<Record<string, SetDefinition>>;
}

export interface DatasetInput {
  /** Absolute paths. */
  readonly csv: string;
  /** The folders that pictures are looked for in, in this order. */
  readonly images: string | readonly string[];
  /** At most so many questions, from the first. */
  readonly limit?: number;
}

/** A parsed `*.flow.json`. */
export interface Experiment {
  /** Absolute path of the file, for messages; its folder is what relative paths start from. */
  readonly file: string;
  /** An absolute checkpoint folder, or a Hugging Face id. */
  readonly model: { readonly kind: 'folder'; readonly path: string } | { readonly kind: 'hub'; readonly id: string };
  readonly template?: TemplateName;
  readonly aspect?: Aspect;
  readonly pixels?: PixelRange;
  readonly system?: string;
  readonly instruction: string;
  readonly subject: ({ readonly kind: 'question' } & QuestionInput) | ({ readonly kind: 'dataset' } & DatasetInput);
  readonly sets: Readonly<Record<string, SetDefinition>>;
  readonly knockouts: readonly Knockout[];
  readonly window: number;
  /** Words the lens follows; left out: gold answer and options, both capitalisations. */
  readonly track?: readonly string[];
  /** Data sets: how many best words of each layer are kept; left out: none. */
  readonly topWords?: number;
  /** Absolute folder for results. */
  readonly output: string;
  readonly method: 'fork' | 'full';
}
