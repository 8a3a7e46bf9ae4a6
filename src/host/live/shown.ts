/** What stands of an experiment: as much of its results as has been computed. */
import type { Asked } from '../../core/engine/result';
import type { CleanResult, Curve, ExampleInfo, LensResult, ModelInfo } from '../../core/engine/types';
import type { Knockout } from '../../core/experiment/types';
import type { ShownPicture } from './picture';

export interface Shown {
  readonly model?: ModelInfo;
  readonly picture?: ShownPicture;
  readonly example?: ExampleInfo;
  /** What the example is about: `asksOf` its text. */
  readonly about?: string;
  /** What was asked, as the text said it then. */
  readonly asked?: Asked;
  readonly clean?: CleanResult;
  readonly lens?: LensResult;
  readonly knockouts: readonly Knockout[];
  readonly curves: readonly (Curve | null)[];
}
