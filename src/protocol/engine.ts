/**
 * Every message between the extension host and an engine process. All calls derive from one interface: name, what goes
 * in, what comes back, and what arrives in between. Each call is answered by exactly one value or failure.
 *
 * A process serves one model (a checkpoint folder with its engine options) for every editor that shows it; a `session`
 * names one of these editors. The process keeps one example per session. Messages travel as structured clones
 * (`serialization: 'advanced'`), so typed arrays arrive as they are.
 */
import type {
  AttentionResult,
  Candidate,
  CheckResult,
  CleanResult,
  Curve,
  CurvePart,
  EngineOptions,
  ExampleInfo,
  LensResult,
  ModelInfo,
  Progress,
} from '../core/engine/types';
import type { ResultDocument, ResultParts } from '../core/engine/result';
import type { RunPlan } from '../core/planning/plan-types';
import type { ErrorKind, Place } from '../core/errors';
import type { Experiment, Knockout, QuestionInput } from '../core/experiment/types';
import type { ExampleFigure } from '../core/report/example';
import type { RunOverview } from '../core/report/overview-types';
import type { StudyStatus } from '../core/study/status';

/** Raised when a message changes; host and process come from one package, so unequal means a mixed installation. */
export const ENGINE_PROTOCOL = 6;

export interface InSession {
  readonly session: string;
}

export interface DatasetProgress {
  /** Questions that have an answer in the journal, and those asked for. */
  readonly done: number;
  readonly total: number;
  readonly secondsLeft?: number;
}

/** How far a study is: `done` of `total` questions of all its runs, or steps of what is made of them. */
export interface StudyEvent {
  readonly type: 'study';
  /** What is worked on just now, in words. */
  readonly what: string;
  readonly done: number;
  readonly total: number;
  readonly secondsLeft?: number;
}

export interface StudyResult {
  readonly asked: number;
  readonly kept: number;
  readonly failed: number;
  /** Why runs were left out, a line each. */
  readonly left: readonly string[];
  /** Absolute folder with the report. */
  readonly output: string;
}

/** By which a study's models are told apart. */
export const modelKey = (model: Experiment['model']): string => JSON.stringify(model);

export interface MemoryReport {
  /** Resident bytes of the process. */
  readonly resident: number;
  /** Of these, bytes of mapped files, which the system can take back; left out where it does not tell. */
  readonly mapped?: number;
  /** Bytes the model's caches hold. */
  readonly caches: number;
}

/** What happens during a call that runs the model. */
export type RunEvent = { readonly type: 'progress'; readonly progress: Progress };
export type CurveEvent = RunEvent | { readonly type: 'part'; readonly part: CurvePart };
export type DatasetEvent = RunEvent | ({ readonly type: 'dataset' } & DatasetProgress);

export interface EngineCalls {
  /** The first call: loads the model that this process serves. */
  open: { params: { readonly directory: string; readonly options: EngineOptions }; result: ModelInfo; event: RunEvent };
  /** What a run will need; needs no open model. `measure`: layers are loaded and run, and times estimated. */
  plan: {
    params: {
      readonly directory: string;
      readonly options: EngineOptions;
      readonly experiment: Experiment;
      readonly measure: boolean;
    };
    result: RunPlan;
    event: RunEvent;
  };
  /**
   * Makes a session's example ready; only what differs from the session's last question is done again. `anew`: nothing
   * of the last question is kept, for its picture's file may have changed.
   */
  prepare: {
    params: InSession & { readonly question: QuestionInput; readonly anew: boolean };
    result: ExampleInfo;
    event: RunEvent;
  };
  clean: { params: InSession; result: CleanResult; event: RunEvent };
  /** `full` runs the whole sequence for every variant (the reference); left out: `fork`. */
  knockouts: {
    params: InSession & { readonly list: readonly Knockout[]; readonly method?: 'fork' | 'full' };
    result: readonly Curve[];
    event: CurveEvent;
  };
  lens: { params: InSession & { readonly words: readonly string[] }; result: LensResult; event: RunEvent };
  /** `mean` averages over heads: then `heads` is 1. */
  attention: {
    params: InSession & { readonly rows: readonly number[]; readonly mean: boolean };
    result: AttentionResult;
    event: RunEvent;
  };
  /** Five best lens words of one row per residual, through the final norm: `[layers + 1][5]`. */
  tokenLens: {
    params: InSession & { readonly row: number };
    result: readonly (readonly Candidate[])[];
    event: RunEvent;
  };
  check: { params: InSession & { readonly list: readonly Knockout[] }; result: CheckResult; event: RunEvent };
  dataset: { params: { readonly experiment: Experiment }; result: RunOverview; event: DatasetEvent };
  /** What earlier data set runs left in the journal, null for nothing; needs no model, so `open` need not come first. */
  results: { params: { readonly experiment: Experiment }; result: RunOverview | null; event: never };
  /** Runs a study and reports it; the process loads its models itself, one after the other. `folders`: by modelKey(). */
  study: {
    params: {
      readonly file: string;
      readonly folders: Readonly<Record<string, string>>;
      readonly options: EngineOptions;
    };
    result: StudyResult;
    event: StudyEvent;
  };
  /** How far a study is, from its files alone. */
  studyStatus: { params: { readonly file: string }; result: StudyStatus; event: never };
  /** Makes figures and report of what is there. */
  studyReport: {
    params: { readonly file: string };
    result: { readonly output: string; readonly left: readonly string[] };
    event: StudyEvent;
  };
  /** The picture as the model is shown it, as a PNG for the page; needs no model. */
  picture: { params: { readonly file: string }; result: Uint8Array; event: never };
  figure: { params: ExampleFigure; result: Uint8Array; event: never };
  /** A result with what it was computed from, which is read once more; needs no open model. */
  document: { params: ResultParts; result: ResultDocument; event: never };
  memory: { params: Record<string, never>; result: MemoryReport; event: never };
  /** The session's editor closed. */
  release: { params: InSession; result: undefined; event: never };
}
export type CallName = keyof EngineCalls;

export interface Failure {
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint?: string;
  readonly place?: Place;
}
export type CallOutcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export type HostToEngine =
  | {
      [K in CallName]: {
        readonly type: 'call';
        readonly id: number;
        readonly name: K;
        readonly params: EngineCalls[K]['params'];
      };
    }[CallName]
  | { readonly type: 'cancel'; readonly id: number };

export type EngineToHost =
  /** Sent once, when the process can take calls. */
  | { readonly type: 'ready'; readonly protocol: number; readonly pid: number }
  | { readonly type: 'event'; readonly id: number; readonly event: EngineCalls[CallName]['event'] }
  | { readonly type: 'answer'; readonly id: number; readonly outcome: CallOutcome<EngineCalls[CallName]['result']> };
