/** Curves and lens readings as CSV, one row per layer: what other tools read most easily. */
import { stringify } from 'csv-stringify/sync';
import { knockoutId } from '../../experiment/types';
import type { Curve, LensResult } from '../../engine/types';

/** `layer`, then for each knockout its score and its change in per cent. */
export function curvesTable(curves: readonly Curve[]): string {
  const layers = Math.max(0, ...curves.map((curve) => curve.scores.length));
  const head = [
    'layer',
    ...curves.flatMap(({ knockout }) => [`${knockoutId(knockout)} score`, `${knockoutId(knockout)} change %`]),
  ];
  const rows = Array.from({ length: layers }, (_, layer) => [
    layer,
    ...curves.flatMap(({ scores, change }) => [scores[layer], change[layer]]),
  ]);
  return stringify([head, ...rows]);
}

/** `after layer` (emb: the embedding; the last one after the final norm), then for each word its probability both ways. */
export function lensTable({ withoutNorm, withNorm }: LensResult): string {
  const words = Object.keys(withNorm);
  const rows = Math.max(0, ...words.map((word) => withNorm[word].length));
  const head = ['after layer', ...words.flatMap((word) => [`${word} without norm`, `${word} with norm`])];
  const body = Array.from({ length: rows }, (_, row) => [
    row === 0 ? 'emb' : row - 1,
    ...words.flatMap((word) => [withoutNorm[word]?.[row], withNorm[word]?.[row]]),
  ]);
  return stringify([head, ...body]);
}
