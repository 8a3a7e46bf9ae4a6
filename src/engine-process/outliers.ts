/** One question's curves, in the order of the knockouts; null where a set is absent from the question. */
type Curves = readonly (readonly number[] | null)[];

/** Curves that hardly differ have no outliers: below this deviation (in per cent) rounding would be made to count. */
const LEAST_DEVIATION = 1e-3;

/**
 * For each question the largest distance of any point of its curves from the mean curve of all questions, in standard
 * deviations (of the sample) at that knockout and layer. 0 with fewer than three questions.
 */
export function outliers(questions: readonly Curves[]): number[] {
  const far = questions.map(() => 0);
  const knockouts = Math.max(0, ...questions.map((curves) => curves.length));
  for (let k = 0; k < knockouts; k++) {
    const layers = Math.max(0, ...questions.map((curves) => curves[k]?.length ?? 0));
    for (let layer = 0; layer < layers; layer++) {
      const points = questions.flatMap((curves, at) => {
        const value = curves[k]?.[layer];
        return value === undefined ? [] : [{ at, value }];
      });
      if (points.length < 3) continue;
      const mean = points.reduce((sum, { value }) => sum + value, 0) / points.length;
      const variance = points.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (points.length - 1);
      const deviation = Math.sqrt(variance);
      if (deviation < LEAST_DEVIATION) continue;
      for (const { at, value } of points) far[at] = Math.max(far[at], Math.abs(value - mean) / deviation);
    }
  }
  return far;
}
