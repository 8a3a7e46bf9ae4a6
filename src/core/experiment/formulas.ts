/** The study's formulas, which several rooms compute with. */

/**
 * Layers of a window of `size` around layer `center`, as `[start, end)`: from max(0, l - floor(k/2)) up to, not
 * including, min(L, l + ceil(k/2)); as in the published code, so an even window reaches one layer further back.
 */
export function windowLayers(center: number, size: number, layers: number): [start: number, end: number] {
  return [Math.max(0, center - Math.floor(size / 2)), Math.min(layers, center + Math.ceil(size / 2))];
}

/** The change of a probability in percent: -100 where nothing is left of it. `base`: the clean run's, above 0. */
export const changeOf = (score: number, base: number): number => (100 * (score - base)) / base;
