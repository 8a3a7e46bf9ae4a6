/** Probabilities, changes and counts as people read them. */

/** 0..1 as a percentage: `99.8 %`, `0.04 %`. Only 0 is nothing and only 1 is all. */
export function percent(p: number): string {
  if (!Number.isFinite(p)) return '–';
  const v = p * 100;
  if (v === 0) return '0 %';
  if (v < 0.01) return '< 0.01 %';
  if (v >= 99.995 && v < 100) return '> 99.99 %';
  return `${v >= 99.95 && v < 100 ? v.toFixed(2) : v >= 10 ? v.toFixed(1) : v.toPrecision(2)} %`;
}

/** A change in percent with its sign, the minus a real one: `−92.1 %`, `+0.3 %`, `0.0 %`. */
export function change(c: number): string {
  if (!Number.isFinite(c)) return '–';
  const text = Math.abs(c).toFixed(1);
  return `${Number(text) === 0 ? '' : c < 0 ? '−' : '+'}${text} %`;
}

/** `12,345` */
export const count = (n: number): string => n.toLocaleString('en-US');

/** `1 question`, `12,345 questions`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** Weights of a model: `7.1 billion`, `21.3 million`. */
export const parameters = (n: number): string =>
  n >= 1e9 ? `${(n / 1e9).toFixed(1)} billion` : n >= 1e6 ? `${(n / 1e6).toFixed(1)} million` : count(n);

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

/** A share of a whole: `12.5 %`, `–` of nothing. */
export const share = (part: number, all: number): string => percent(part / all);

/** `–` of 0: no first token of an answer has none, so it is not known. */
export const probability = (p: number): string => (p > 0 ? percent(p) : '–');

/** Of a test; `–` where there was none. */
export const pValue = (p: number | undefined): string => (p === undefined ? '–' : p < 0.001 ? '< 0.001' : p.toFixed(3));
