/** What of jStat is used; the package has no types of its own. */
declare module 'jstat' {
  export const jStat: {
    mean(values: number[]): number;
    /** `sample`: divide by n - 1. */
    stdev(values: number[], sample: boolean): number;
    /** Inverse of the distribution function. */
    readonly normal: { inv(p: number, mean: number, deviation: number): number };
    readonly studentt: { inv(p: number, degreesOfFreedom: number): number };
  };
}
