/** Rows of the results table: order, search, and sparklines. Pure. */
import { largestChange, type ResultRow } from '../../src/protocol/panel';

/** A column that can be sorted by; an edge sorts by the size of its curve's largest change, whatever its sign. */
export type SortKey = 'outlier' | 'questionId' | 'image' | 'question' | 'gold' | 'predicted' | 'baseScore' | `edge:${string}`;
export interface Order {
  readonly key: SortKey;
  readonly down: boolean;
}

/** undefined: not computed. */
function valueOf(row: ResultRow, key: SortKey): string | number | undefined {
  if (key === 'outlier' || key === 'baseScore') return row[key];
  if (!key.startsWith('edge:')) return row[key as 'question'];
  const most = largestChange(row.curves[key.slice('edge:'.length)] ?? []);
  return most && Math.abs(most.change);
}

const collator = new Intl.Collator('en', { numeric: true });

/** Rows without a value come last, either way. */
export function sorted(rows: readonly ResultRow[], { key, down }: Order): ResultRow[] {
  const sign = down ? -1 : 1;
  return rows
    .map((row, i) => ({ row, i, value: valueOf(row, key) }))
    .sort((a, b) => {
      if (a.value === undefined || b.value === undefined)
        return Number(a.value === undefined) - Number(b.value === undefined) || a.i - b.i;
      const order =
        typeof a.value === 'number' && typeof b.value === 'number'
          ? a.value - b.value
          : collator.compare(String(a.value), String(b.value));
      return order !== 0 ? sign * order : a.i - b.i;
    })
    .map(({ row }) => row);
}

export function matching(rows: readonly ResultRow[], search: string): readonly ResultRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((r) => {
    const text = `${r.questionId} ${r.image} ${r.question} ${r.gold} ${r.predicted}`.toLowerCase();
    return words.every((w) => text.includes(w));
  });
}

/** An SVG path of a curve from -100 % (bottom) to `top` in a box of the given size; gaps where values are missing. */
export function sparkline(curve: readonly number[], width: number, height: number, top: number): string {
  const y = (v: number): number => ((top - Math.max(-100, Math.min(top, v))) / (top + 100)) * (height - 2) + 1;
  let pen = 'M';
  return curve
    .map((v, i) => {
      if (!Number.isFinite(v)) {
        pen = 'M';
        return '';
      }
      const x = curve.length > 1 ? (i / (curve.length - 1)) * (width - 2) + 1 : width / 2;
      const step = `${pen}${x.toFixed(1)} ${y(v).toFixed(1)}`;
      pen = 'L';
      return step;
    })
    .join('');
}

/** Where a curve leaves a sparkline's box at the top: a small tip at its highest layer. Empty where it does not. */
export function cutMark(curve: readonly number[], width: number, top: number): string {
  const highest = curve.reduce((best, v, i) => (v > (curve[best] ?? -Infinity) ? i : best), 0);
  if (!((curve[highest] ?? NaN) > top)) return '';
  const x = Math.min(width - TIP, Math.max(TIP, curve.length > 1 ? (highest / (curve.length - 1)) * (width - 2) + 1 : width / 2));
  return `M${(x - TIP).toFixed(1)} ${TIP}L${x.toFixed(1)} 0L${(x + TIP).toFixed(1)} ${TIP}Z`;
}
/** Half the width of a tip, and its height. */
const TIP = 4;
