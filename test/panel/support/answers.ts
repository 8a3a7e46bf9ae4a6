/** What an engine says about one example: recorded from the real one, or made from a seed for large models. */
import type {
  AttentionResult,
  Candidate,
  CheckResult,
  CleanResult,
  Curve,
  ExampleInfo,
  LensResult,
  ModelInfo,
  PanelExperiment,
} from '../../../src/protocol/panel';

export interface EngineAnswers {
  readonly experiment: PanelExperiment;
  readonly model: ModelInfo;
  readonly example: ExampleInfo;
  readonly clean: CleanResult;
  readonly lens: LensResult;
  /** By knockoutId. */
  readonly curves: Readonly<Record<string, Curve>>;
  /** By row. */
  readonly attention: Readonly<Record<number, AttentionResult>>;
  readonly flow: AttentionResult;
  readonly tokenLens: Readonly<Record<number, readonly (readonly Candidate[])[]>>;
  readonly check: CheckResult;
  /** Picture file under examples/images, or a generated one. */
  readonly image: string;
}
