/**
 * Every message between the extension host and the panel. One union each way; a request carries an id and is answered
 * by exactly one `reply` with a value or a failure. The panel renders what the host says and asks for changes; the
 * config text is the truth, so an edit comes back as a new `experiment` message.
 */
import type {
  AttentionResult,
  Candidate,
  CheckResult,
  CleanResult,
  Curve,
  CurvePart,
  ExampleInfo,
  LensResult,
  ModelInfo,
} from '../core/engine/types';
import type { RunPlan } from '../core/planning/plan-types';
import type { Knockout, SetDefinition } from '../core/experiment/types';
import type { FailedQuestion, ResultRow } from '../core/report/overview-types';
import type { Box } from '../core/vision/image';

/** The panel sees core through this file alone. */
export type {
  Answer,
  AttentionResult,
  Candidate,
  CheckResult,
  CleanResult,
  Curve,
  CurvePart,
  ExampleInfo,
  LensResult,
  ModelInfo,
  TokenInfo,
} from '../core/engine/types';
export type { RunPlan } from '../core/planning/plan-types';
export type { EdgeKnockout, Knockout, SetDefinition } from '../core/experiment/types';
export { PUBLISHED_EDGES } from '../core/experiment/names';
export { dashOf, knockoutWords, lookName, looksOf, SERIES_ON_WHITE } from '../core/experiment/looks';
export { canBeSet } from '../core/experiment/single-token';
export { knockoutId, knockoutLabel, knockoutSets } from '../core/experiment/types';
export {
  change,
  count,
  duration,
  largestChange,
  NO_CHANGE,
  parameters,
  percent,
  plural,
  shortDuration,
  size,
} from '../core/words';
export type { FailedQuestion, ResultRow } from '../core/report/overview-types';
export type { ImageGeometry, PatchGrid, PatchPlace, Rect } from '../core/spec';
export type { Box } from '../core/vision/image';

export interface PanelProblem {
  readonly message: string;
  readonly hint?: string;
  readonly line?: number;
}

/** What the config says, as far as it could be read. */
export interface PanelExperiment {
  /** File name without `.flow.json`. */
  readonly title: string;
  readonly uri: string;
  /** Equal exactly when model, picture, prompt and gold answer are: then results of one text belong to the other. */
  readonly asks: string;
  /** As the config writes it. */
  readonly model: string;
  readonly question: string;
  readonly gold?: string;
  readonly options?: readonly [string, string];
  readonly objects: readonly Box[];
  readonly sets: Readonly<Record<string, SetDefinition>>;
  readonly knockouts: readonly Knockout[];
  readonly window: number;
  /** Webview URI of the picture's file, once it is known to exist; shown until the engine has read it. */
  readonly image?: string;
  /** Name of the patch set that clicks edit; made on the first click when absent. */
  readonly activeSet: string;
  readonly isDataset: boolean;
  /** Untrusted workspace: view only, nothing runs. */
  readonly restricted: boolean;
  readonly problems: readonly PanelProblem[];
}

/** What is going on, as kinds. */
export type PanelStatus =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'busy';
      readonly what: string;
      /** 0 to 1, where known. */
      readonly fraction?: number;
      readonly secondsLeft?: number;
      readonly cancellable: boolean;
    }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'error'; readonly message: string; readonly hint?: string }
  /** The engine's process ended by itself; what was computed stays on the screen. */
  | { readonly kind: 'engine-down'; readonly message: string };

export type HostToPanel =
  | { readonly type: 'experiment'; readonly experiment: PanelExperiment }
  | { readonly type: 'status'; readonly status: PanelStatus }
  | { readonly type: 'model'; readonly model: ModelInfo }
  /** The next example's picture, a PNG of what the model is shown; null: it cannot be had. */
  | { readonly type: 'picture'; readonly png: Uint8Array | null }
  /**
   * Null when there is none (yet). `about`: the `asks` of the text it belongs to. `fresh`: nothing of the example before
   * holds any more; else only its token sets are others.
   */
  | {
      readonly type: 'example';
      readonly example: ExampleInfo | null;
      readonly about: string;
      readonly fresh: boolean;
    }
  | { readonly type: 'clean'; readonly clean: CleanResult }
  /**
   * The knockouts now computed or being computed, by knockoutId; `curves[i]` is null until its first part arrives.
   * Sent at the start of each round, with the curves that are still valid filled in.
   */
  | { readonly type: 'curves'; readonly knockouts: readonly Knockout[]; readonly curves: readonly (Curve | null)[] }
  | { readonly type: 'curve-part'; readonly part: CurvePart }
  | { readonly type: 'lens'; readonly lens: LensResult }
  /** What a run will need, while none has run; null: it is not shown any more. `measuring`: times follow. */
  | { readonly type: 'plan'; readonly plan: RunPlan | null; readonly measuring: boolean }
  | { readonly type: 'reply'; readonly id: number; readonly outcome: Outcome }
  /** A command of the palette that acts on what the panel shows. */
  | { readonly type: 'do'; readonly action: PanelAction };

export type PanelAction = 'toggle-play' | 'next-layer' | 'previous-layer' | 'clear-patches' | 'export' | 'focus-image';

export type Outcome =
  | { readonly ok: true; readonly value: RequestResult }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** Requests that are answered; `result` names the answer's type. */
export interface PanelRequests {
  /** Attention of one row, all layers and heads. `values` is `[layers, heads, 1, columns]`. */
  attention: { params: { readonly row: number }; result: AttentionResult };
  /** Attention averaged over heads, of all text rows: `[layers, 1, rows, columns]`. */
  flow: { params: Record<string, never>; result: AttentionResult };
  /** The five best lens words of one row in every layer, through the final norm: `[layers + 1][5]`. */
  tokenLens: { params: { readonly row: number }; result: readonly (readonly Candidate[])[] };
  /** Runs both ways and compares. */
  check: { params: Record<string, never>; result: CheckResult };
  /** Saves; the host asks where. Resolves to the path, or undefined when the user changed their mind. */
  export: { params: ExportRequest; result: string | undefined };
}
export type RequestName = keyof PanelRequests;
export type RequestResult = PanelRequests[RequestName]['result'];

export type LensNorm = 'withNorm' | 'withoutNorm';
export type ExportRequest =
  | { readonly what: 'knockouts'; readonly format: 'svg' | 'png' | 'pdf' | 'csv' }
  /** Drawn with or without the final norm; left out: with. Its table has both. */
  | { readonly what: 'lens'; readonly format: 'svg' | 'png' | 'pdf' | 'csv'; readonly norm?: LensNorm }
  | { readonly what: 'image'; readonly format: 'png'; /** data URL */ readonly data: string }
  | { readonly what: 'flow'; readonly format: 'svg'; readonly data: string }
  | { readonly what: 'result'; readonly format: 'json' };

export type PanelToHost =
  | { readonly type: 'ready' }
  | {
      [K in RequestName]: {
        readonly type: 'request';
        readonly id: number;
        readonly name: K;
        readonly params: PanelRequests[K]['params'];
      };
    }[RequestName]
  /** Its answer is not wanted any more; a failure may still come. */
  | { readonly type: 'cancel-request'; readonly id: number }
  /** The full new content of a patch set (ascending); one undo step in the text. Adds `set->Question` when new. */
  | { readonly type: 'set-patches'; readonly set: string; readonly patches: readonly number[] }
  | { readonly type: 'choose-set'; readonly set: string }
  /** The host asks for a name; clicks then edit that set. */
  | { readonly type: 'new-set' }
  | { readonly type: 'add-knockout'; readonly knockout: Knockout }
  /** Positions of the expanded sequence; with `image` the source is every image token and `from` the first of them. */
  | { readonly type: 'add-token-knockout'; readonly from: number; readonly to: number; readonly image?: true }
  /** `id`: knockoutId. The text may have moved on since, so its place there says nothing. */
  | { readonly type: 'remove-knockout'; readonly id: string }
  | { readonly type: 'set-window'; readonly window: number }
  | { readonly type: 'set-question'; readonly question: string }
  | { readonly type: 'cancel' }
  | { readonly type: 'run' }
  | { readonly type: 'restart-engine' }
  | { readonly type: 'undo' }
  | { readonly type: 'redo' }
  | { readonly type: 'reveal-line'; readonly line: number }
  | { readonly type: 'show-output' }
  /** Something went wrong inside the panel; goes to the output channel. */
  | { readonly type: 'panel-error'; readonly message: string };

/** Persisted by the panel with setState, read again after a window reload. */
export interface PanelSavedState {
  readonly uri: string;
  /** Left out until the user has chosen one. */
  readonly layer?: number;
  readonly overlay: string;
  readonly head: number | 'mean';
  readonly row?: number;
  readonly boxes?: boolean;
  readonly grid?: boolean;
  /** Which of a tiled picture's two grids clicks mean. */
  readonly gridKind?: 'both' | 'base' | 'tile';
  /** Of the overlay over the picture, 0..1. */
  readonly strength?: number;
  /** The overlay's scale is set anew for each layer; left out: one scale for all. */
  readonly perLayer?: boolean;
  readonly flow?: FlowView;
  readonly layout?: PanelLayout;
  /** Curves that are not drawn, by knockoutId. */
  readonly hidden?: readonly string[];
}

/** What the panel's tabs show. Where the panel has room for two columns, the knockouts stand beside the picture instead. */
export type ViewName = 'knockouts' | 'lens' | 'tokens' | 'flow';

/** How a person has arranged the panel. */
export interface PanelLayout {
  /** The tab in one column. */
  readonly view: ViewName;
  /** The tab where the knockouts have a place of their own; never `knockouts`. */
  readonly side: ViewName;
  /** What has been dragged to another size; left out: the size it has at first. */
  readonly sizes: Readonly<Partial<Record<PanelSize, number>>>;
  /** Parts that are open (true) or closed, by name; those left out are as they are at first. */
  readonly open: Readonly<Record<string, boolean>>;
}

/**
 * Heights in CSS pixels: `picture` in one column, `top` of the row that picture and knockouts share, `knockouts` where
 * they stand above the other views. `split`: width of the picture's column, as a share of both (0 to 1).
 */
export type PanelSize = 'picture' | 'top' | 'knockouts' | 'split';

/** What the token flow shows: which edges, how the image's tokens stand in it, and from which weight on. */
export interface FlowView {
  readonly scope: 'paths' | 'all' | 'into' | 'from';
  readonly image: 'sum' | 'mean' | 'each' | 'none';
  /** What stands before the image; left out until someone asks for it. */
  readonly system?: boolean;
  readonly first: boolean;
  readonly self: boolean;
  readonly threshold: number;
}

// ---- results view of a data set run -------------------------------------------------------------------------------
export type HostToResults =
  | {
      readonly type: 'results';
      readonly title: string;
      readonly edges: readonly string[];
      readonly layers: number;
      readonly rows: readonly ResultRow[];
      readonly kept: number;
      /** Questions answered so far, and asked for. */
      readonly done: number;
      readonly asked: number;
      readonly failed: readonly FailedQuestion[];
    }
  | { readonly type: 'results-status'; readonly status: PanelStatus };
export type ResultsToHost =
  | { readonly type: 'ready' }
  | { readonly type: 'open-question'; readonly questionId: string }
  | { readonly type: 'open-folder' }
  | { readonly type: 'open-report' }
  | { readonly type: 'cancel' }
  | { readonly type: 'resume' };
