/** Probabilities, changes and memory as people read them, the same on the command line, in the editor, the panel and reports. */

/** 0..1 as a percentage: `99.8 %`, `0.04 %`. Only 0 is nothing and only 1 is all. */
export function percent(p: number): string {
  if (!Number.isFinite(p)) return '–';
  const v = p * 100;
  if (v === 0) return '0 %';
  if (v < 0.01) return '< 0.01 %';
  if (v >= 99.995 && v < 100) return '> 99.99 %';
  return `${v >= 99.95 && v < 100 ? v.toFixed(2) : v >= 10 ? v.toFixed(1) : v.toPrecision(2)} %`;
}

/** Changes below this many percent are 0.0 in words: no change. */
export const NO_CHANGE = 0.05;

/** Where a curve is farthest from no change, either way; undefined where no layer has a number. */
export function largestChange(
  change: readonly number[],
): { readonly layer: number; readonly change: number } | undefined {
  let best: { layer: number; change: number } | undefined;
  change.forEach((value, layer) => {
    if (Number.isFinite(value) && (!best || Math.abs(value) > Math.abs(best.change))) best = { layer, change: value };
  });
  return best;
}

/** `1.5 GiB`: memory in words, in powers of 1024. */
export function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[step]}`;
}
