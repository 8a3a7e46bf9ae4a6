/** What the panel knows and shows. Plain data: no DOM here. */
import type {
  CleanResult,
  ExampleInfo,
  FlowView,
  Knockout,
  LensResult,
  ModelInfo,
  PanelExperiment,
  PanelLayout,
  PanelStatus,
  RunPlan,
} from '../../src/protocol/panel';
import { INITIAL_LAYOUT } from './layout';

import type { GridChoice } from '../image/places';

/** A curve as far as it has arrived; NaN where it has not. */
export interface LiveCurve {
  readonly knockout: Knockout;
  readonly id: string;
  readonly label: string;
  readonly scores: readonly number[];
  readonly change: readonly number[];
}

/** What lies over the picture: `none`, `attention`, `set:NAME` or `effect:KNOCKOUT ID`. */
export type Overlay = 'none' | 'attention' | `set:${string}` | `effect:${string}`;

export interface PanelState {
  readonly experiment?: PanelExperiment;
  readonly status: PanelStatus;
  readonly model?: ModelInfo;
  /** PNG of what the model is shown; null: it could not be had. */
  readonly picture?: Uint8Array | null;
  readonly example?: ExampleInfo;
  /** `asks` of the text that the example belongs to. */
  readonly about?: string;
  readonly clean?: CleanResult;
  readonly curves: readonly LiveCurve[];
  readonly lens?: LensResult;
  /** What a run will need, while none has run. */
  readonly plan?: { readonly plan: RunPlan; readonly measuring: boolean };
  /** Chosen layer, from 0. */
  readonly layer: number;
  /** Chosen by the user (now or before a reload), not by us. */
  readonly layerChosen: boolean;
  readonly head: number | 'mean';
  readonly overlay: Overlay;
  /** Chosen token (position of the expanded sequence); undefined: the last one. */
  readonly row?: number;
  readonly boxes: boolean;
  readonly grid: boolean;
  readonly gridKind: GridChoice;
  /** Of the overlay's colours over the picture, 0..1. */
  readonly strength: number;
  /** Is the overlay's scale set anew for each layer? */
  readonly perLayer: boolean;
  readonly flow: FlowView;
  readonly playing: boolean;
  readonly layout: PanelLayout;
  /** Curves that are not drawn, by knockoutId. */
  readonly hidden: readonly string[];
  /** Patches as just clicked, until the config says the same. */
  readonly draft?: { readonly set: string; readonly patches: readonly number[] };
}

export const INITIAL: PanelState = {
  status: { kind: 'idle' },
  curves: [],
  layer: 0,
  layerChosen: false,
  head: 'mean',
  overlay: 'attention',
  boxes: true,
  grid: true,
  gridKind: 'both',
  strength: 0.8,
  perLayer: false,
  flow: { scope: 'paths', image: 'sum', system: false, first: false, self: false, threshold: 0.05 },
  playing: false,
  layout: INITIAL_LAYOUT,
  hidden: [],
};

export const layersOf = (s: PanelState): number => s.model?.layers ?? 0;
export const rowOf = (s: PanelState): number | undefined =>
  s.example && s.example.tokens.length > 0 ? Math.min(s.row ?? Infinity, s.example.tokens.length - 1) : undefined;

/** Patch numbers of the set being edited, as the user last left them. */
export function activePatches(s: PanelState): readonly number[] {
  const name = s.experiment?.activeSet;
  if (name === undefined) return [];
  if (s.draft?.set === name) return s.draft.patches;
  const set = s.experiment?.sets[name];
  return set?.kind === 'patches' ? set.patches : [];
}

/** Patch numbers of a named set: its positions inside the image. */
export function patchesOfSet(example: ExampleInfo, name: string): number[] {
  const end = example.imageStart + example.imageTokens;
  return (example.sets[name] ?? [])
    .filter((p) => p >= example.imageStart && p < end)
    .map((p) => p - example.imageStart);
}

/** Does what is shown belong to an earlier question, picture or model than the config's? */
export const isStale = (s: PanelState): boolean => s.example !== undefined && s.about !== s.experiment?.asks;

/** Has a set no token? What the config says of patches counts before what the engine last said. */
export function isEmpty(s: PanelState, name: string): boolean {
  const own = s.experiment?.sets[name];
  return own?.kind === 'patches' ? own.patches.length === 0 : s.example?.sets[name]?.length === 0;
}

/** May the config be changed from here? */
export const canEdit = (s: PanelState): boolean =>
  s.experiment !== undefined && !s.experiment.restricted && !s.experiment.isDataset;
