/**
 * What a knockout does, in positions of one example: which rows it changes in which layers. Pure.
 */
import { usage } from '../errors';
import { dropsAnswer, KEEP_ANSWER } from '../experiment/edges';
import type { Knockout } from '../experiment/types';
import { windowLayers } from '../experiment/formulas';
import type { Sight } from './sight';

/** Half-open range of layers. */
export interface LayerRange {
  readonly start: number;
  readonly end: number;
}

/** A knockout on one example, without its window. */
export interface Effect {
  /** Rows whose attention or sublayer output is changed, ascending. */
  readonly targets: readonly number[];
  /** Columns they may not see; empty for sublayer knockouts. */
  readonly sources: readonly number[];
  /** Blocked heads; undefined: all. */
  readonly heads?: readonly number[];
  readonly sublayer?: 'attention' | 'mlp';
  /** First row that differs from the clean run, or undefined when nothing can: no target sees a source. */
  readonly first?: number;
}

/** The layers in which a knockout acts when its curve stands at `centre`. */
export function activeLayers(k: Knockout, centre: number, layers: number): LayerRange {
  if (k.kind === 'prune') return { start: centre + 1, end: layers };
  const [start, end] = windowLayers(centre, k.window, layers);
  return { start, end };
}

/**
 * `resolve` gives a set's positions (ascending; throws for unknown ones); `length` is the number of positions.
 * @throws CrossflowError `usage` for a head that does not exist, and for a prune of the row the answer is read from
 */
export function effectOf(
  k: Knockout,
  resolve: (set: string) => readonly number[],
  length: number,
  heads: number,
  sight: Sight,
): Effect {
  if (k.kind === 'edge') {
    const targets = resolve(k.to);
    const sources = resolve(k.from);
    for (const h of k.heads ?? []) {
      if (!Number.isInteger(h) || h < 0 || h >= heads) {
        throw usage(
          `head ${h} of knockout ${k.from}->${k.to} does not exist`,
          undefined,
          `the model has heads 0 to ${heads - 1}`,
        );
      }
    }
    const blocksAll = k.heads && new Set(k.heads).size === heads;
    return {
      ...edgeEffect(targets, sources, sight),
      ...(k.heads && !blocksAll ? { heads: k.heads } : {}),
    };
  }
  const rows = resolve(k.of);
  if (k.kind !== 'prune') return { targets: rows, sources: [], sublayer: k.kind, first: firstChanged(rows, sight) };
  // A dropped row can only matter by being seen: dropping rows is blocking them from every row that stays.
  const dropped = new Set(rows);
  if (dropped.has(length - 1)) throw usage(dropsAnswer(k.of), undefined, KEEP_ANSWER);
  const stay = Array.from({ length }, (_, t) => t).filter((t) => !dropped.has(t));
  return edgeEffect(stay, rows, sight);
}

/** An edge from sources to those of the targets that see one of them. */
export function edgeEffect(targets: readonly number[], sources: readonly number[], sight: Sight): Effect {
  const earliest = sources.reduce((a, b) => Math.min(a, b), Infinity);
  const seeing = targets.filter((t) => sight.sees(t, earliest));
  return { targets: seeing, sources, first: firstChanged(seeing, sight) };
}

/** Rows that see a changed one change in the layer after it: those of its block that stand before it as well. */
const firstChanged = (rows: readonly number[], sight: Sight): number | undefined =>
  rows.length === 0 ? undefined : sight.start(rows[0]);
