/** Questions whose curves lie far from the mean of all questions. */

/** One question's curves, in the order of the knockouts; null where a set is absent from the question. */
export type Curves = readonly (readonly number[] | null)[];

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
export class CurveSpread {
  private readonly points: { n: number; mean: number; squares: number }[][] = [];

  add(curves: Curves): void {
    curves.forEach((curve, k) => {
      const layers = (this.points[k] ??= []);
      curve?.forEach((value, layer) => {
        const point = (layers[layer] ??= { n: 0, mean: 0, squares: 0 });
        point.n++;
        const before = value - point.mean;
        point.mean += before / point.n;
        point.squares += before * (value - point.mean);
      });
    });
  }

  /** Mean over the questions that have this knockout, by layer. */
  mean(knockout: number): number[] {
    return (this.points[knockout] ?? []).map((point) => point.mean);
  }

  /** Undefined where nothing can be said: too few questions, or none of them differs. */
  farthest(curves: Curves): Distance | undefined {
    let far: Distance | undefined;
    curves.forEach((curve, knockout) =>
      curve?.forEach((value, layer) => {
        const point = this.points[knockout]?.[layer];
        if (!point || point.n < FEWEST) return;
        const deviation = Math.sqrt(point.squares / (point.n - 1));
        if (deviation < LEAST_DEVIATION) return;
        const deviations = Math.abs(value - point.mean) / deviation;
        if (deviations > (far?.deviations ?? 0)) far = { deviations, knockout, layer };
      }),
    );
    return far;
  }
}

/** For each question its largest distance; 0 where nothing can be said. */
export function outliers(questions: readonly Curves[]): number[] {
  const spread = new CurveSpread();
  for (const curves of questions) spread.add(curves);
  return questions.map((curves) => spread.farthest(curves)?.deviations ?? 0);
}
