/** Rows of the results table: order, search, and sparklines. Pure. */
import type { DatasetRow } from '../../src/protocol/panel';

/** A column that can be sorted by; an edge sorts by its curve's lowest point. */
export type SortKey = 'outlier' | 'questionId' | 'image' | 'question' | 'gold' | 'predicted' | 'baseScore' | `edge:${string}`;
export interface Order {
  readonly key: SortKey;
  readonly down: boolean;
}

/** Where a curve is farthest from no change, and its value there. */
export function extreme(curve: readonly number[] | undefined): { layer: number; value: number } | undefined {
  let best: { layer: number; value: number } | undefined;
  curve?.forEach((value, layer) => {
    if (Number.isFinite(value) && (best === undefined || Math.abs(value) > Math.abs(best.value))) best = { layer, value };
  });
  return best;
}

function valueOf(row: DatasetRow, key: SortKey): string | number {
  if (key === 'outlier' || key === 'baseScore') return row[key];
  if (key.startsWith('edge:')) return extreme(row.curves[key.slice('edge:'.length)])?.value ?? 0;
  return row[key as 'question'];
}

const collator = new Intl.Collator('en', { numeric: true });

export function sorted(rows: readonly DatasetRow[], { key, down }: Order): DatasetRow[] {
  const sign = down ? -1 : 1;
  return rows
    .map((row, i) => ({ row, i, value: valueOf(row, key) }))
    .sort((a, b) => {
      const order = typeof a.value === 'number' && typeof b.value === 'number' ? a.value - b.value : collator.compare(String(a.value), String(b.value));
      return order !== 0 ? sign * order : a.i - b.i;
    })
    .map(({ row }) => row);
}

export function matching(rows: readonly DatasetRow[], search: string): readonly DatasetRow[] {
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
