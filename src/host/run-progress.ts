/** A run in its notification: words, and the bar below them. Free of the editor. */

type Report = (value: { message?: string; increment?: number }) => void;

/** The bar moves on by what was done since it was told last, and never back. */
export function barOf(
  report: Report,
): (message: string, now: { readonly done: number; readonly total: number }) => void {
  let before = 0;
  return (message, { done, total }) => {
    const percent = total > 0 ? (100 * done) / total : 0;
    report({ message, increment: Math.max(0, percent - before) });
    before = percent;
  };
}
