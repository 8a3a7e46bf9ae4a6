/**
 * What the engine offers the command line, data set runs and the engine process. `model.ts` implements it.
 */
import type { Knockout, QuestionInput } from '../experiment/types';
import type { ModelSpec } from '../spec';
import type {
  AttentionResult,
  CheckResult,
  CleanResult,
  Curve,
  CurvePart,
  EngineOptions,
  ExampleInfo,
  LensResult,
  ModelInfo,
  RunControl,
} from './types';

export interface Model {
  readonly spec: ModelSpec;
  readonly info: ModelInfo;
  /** What it was opened with. */
  readonly options: EngineOptions;
  /**
   * Encodes prompt and image, finds the sets. Throws CrossflowError `usage` on bad input. Runs no decoder. `lenient`: a
   * set of the question's own that it cannot have is absent, now and in withSets(), and nothing is thrown for it.
   */
  prepare(question: QuestionInput, control?: RunControl & { readonly lenient?: boolean }): Promise<Example>;
  /** Bytes held beside the weights: caches of loaded examples and image prefixes. */
  readonly cacheBytes: number;
  /** Bytes that one chunk of variants may take. */
  readonly chunkBudget: number;
  close(): Promise<void>;
}

export interface Example {
  readonly info: ExampleInfo;
  /** The clean run and the greedy answer; computed once, then remembered. */
  clean(control?: RunControl): Promise<CleanResult>;
  /**
   * One curve per knockout, exact. `onPart` is called as chunks finish. `method: 'full'` runs the whole sequence for
   * every variant (the reference). `budget`: bytes a chunk may take; left out, the model's own.
   */
  knockouts(
    list: readonly Knockout[],
    control?: RunControl & { onPart?(part: CurvePart): void; method?: 'fork' | 'full'; budget?: number },
  ): Promise<Curve[]>;
  /**
   * Words: see defaultTrack(). `row`: position of the expanded sequence that is read; left out, the last one (the panel
   * reads any text token's row on hover). `best`: how many best tokens the result's `best` holds.
   */
  lens(
    words: readonly string[],
    control?: RunControl & { readonly row?: number; readonly best?: number },
  ): Promise<LensResult>;
  /**
   * Attention of these rows (positions of the expanded sequence) in every layer and head. `mean`: of heads only their
   * mean is held and given, as `heads: 1`.
   */
  attention(rows: readonly number[], control?: RunControl & { readonly mean?: boolean }): Promise<AttentionResult>;
  check(list: readonly Knockout[], control?: RunControl & { budget?: number }): Promise<CheckResult>;
  /** Changes sets without preparing anew (clicked patches). Throws `usage` like prepare. */
  withSets(sets: QuestionInput['sets']): Example;
  /** Frees the caches of this example (shared ones when the last user goes). */
  release(): void;
}
// openModel(directory: string, options?: EngineOptions): Promise<Model> stands in ./model.ts.
// runQuestion(model, experiment, control): Promise<Result> (design section 4) stands in ./run.ts.
