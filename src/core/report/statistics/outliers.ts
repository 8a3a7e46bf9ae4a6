/** Questions whose curves lie far from the mean of all questions. */
import type { CurveSample } from './sample';

/** One question's curves, in the order of the knockouts; null where a set is absent from the question. */
export type Curves = readonly (ArrayLike<number> | null)[];

/** Where curves hardly differ there are no outliers: with a smaller spread (in per cent) trifles would come first. */
const LEAST_DEVIATION = 1;
/** With fewer questions nothing can be said about their spread. */
const FEWEST = 3;

/** Where a question's curves are farthest from the mean, in standard deviations (of the sample) at that point. */
export interface Distance {
  readonly deviations: number;
  readonly knockout: number;
  readonly layer: number;
}

/** Mean and spread of curves at every knockout and layer, one question at a time (Welford's method). */
class CurveSpread {
  private readonly points: { n: number; mean: number; squares: number }[][] = [];

  add(curves: Curves): void {
    curves.forEach((curve, k) => {
      const layers = (this.points[k] ??= []);
      for (let layer = 0; layer < (curve?.length ?? 0); layer++) {
        const value = curve![layer];
        const point = (layers[layer] ??= { n: 0, mean: 0, squares: 0 });
        point.n++;
        const before = value - point.mean;
        point.mean += before / point.n;
        point.squares += before * (value - point.mean);
      }
    });
  }

  /** Mean over the questions that have this knockout, by layer. */
  mean(knockout: number): number[] {
    return (this.points[knockout] ?? []).map((point) => point.mean);
  }

  /** Undefined where nothing can be said: too few questions, or none of them differs. */
  farthest(curves: Curves): Distance | undefined {
    let far: Distance | undefined;
    curves.forEach((curve, knockout) => {
      for (let layer = 0; layer < (curve?.length ?? 0); layer++) {
        const point = this.points[knockout]?.[layer];
        if (!point || point.n < FEWEST) continue;
        const deviation = Math.sqrt(point.squares / (point.n - 1));
        if (deviation < LEAST_DEVIATION) continue;
        const deviations = Math.abs(curve![layer] - point.mean) / deviation;
        if (deviations > (far?.deviations ?? 0)) far = { deviations, knockout, layer };
      }
    });
    return far;
  }
}

/** For each question its largest distance; 0 where nothing can be said. */
export function outliers(questions: readonly Curves[]): number[] {
  const spread = new CurveSpread();
  for (const curves of questions) spread.add(curves);
  return questions.map((curves) => spread.farthest(curves)?.deviations ?? 0);
}

export interface FarQuestion extends Distance {
  /** Its number among all questions. */
  readonly question: number;
  /** Its curve at that knockout, and the mean of all questions. */
  readonly curve: readonly number[];
  readonly mean: readonly number[];
}

/** The `most` questions that are farthest, farthest first; of two that are equally far the first. */
export function farthest(samples: readonly CurveSample[], questions: number, most: number): FarQuestion[] {
  const spread = new CurveSpread();
  for (const curves of side(samples, questions)) spread.add(curves);
  const found: FarQuestion[] = [];
  let question = 0;
  for (const curves of side(samples, questions)) {
    const number = question++;
    const far = spread.farthest(curves);
    if (!far || (found.length === most && far.deviations <= (found.at(-1)?.deviations ?? 0))) continue;
    const at = found.findIndex((other) => other.deviations < far.deviations);
    const curve = Array.from(curves[far.knockout] ?? []);
    const entry = { ...far, question: number, curve, mean: spread.mean(far.knockout) };
    found.splice(at < 0 ? found.length : at, 0, entry);
    if (found.length > most) found.pop();
  }
  return found;
}

/** All curves of one question after the other. */
function* side(samples: readonly CurveSample[], questions: number): Generator<Curves> {
  const each = samples.map((sample) => sample.curves(questions));
  for (let question = 0; question < questions; question++) {
    yield each.map((curves) => curves.next().value ?? null);
  }
}
