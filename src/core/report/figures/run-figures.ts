import type { JournalHeader } from '../../journal/record';
import { WORD_KINDS } from '../../dataset/lens-words';
import { knockoutId, knockoutLabel, type Knockout } from '../../experiment/types';
import { caption } from './caption';
import { figure, type Figure } from './figure';
import { safeName, safeNames } from '../../files/names';
import type { FigureCurve, FigureData } from './figure-data';
import { knockoutFigure, layerAxis, lensFigure, WITH_NORM, WITHOUT_NORM, wordStyle } from './figures';
import { heatMap } from './heat-map';
import { curveStyles, figureLabel, type Palette } from './labels';
import type { RunStatistics } from '../statistics/run-statistics';
import type { BootstrapOptions } from '../statistics/bootstrap';

export interface FigureOptions extends BootstrapOptions {
  /** Left out: colours that anybody can tell apart. */
  readonly palette?: Palette;
}

/** The figures of a data set run: means over its questions with their intervals. */
export function runFigures(header: JournalHeader, statistics: RunStatistics, options: FigureOptions = {}): Figure[] {
  return [
    ...flowFigures(header, statistics, options),
    ...heatMaps(header, statistics),
    ...lensFigures(header, statistics),
  ];
}

/** Curves of several windows that one figure still shows apart. */
const MOST_TOGETHER = 12;

/**
 * All knockouts together, those of each target as the paper draws them, and of each window where there are several. What
 * has no window (pruning) stands beside the curves of each.
 */
function flowFigures(header: JournalHeader, { flow }: RunStatistics, { palette }: FigureOptions): Figure[] {
  const { knockouts, model } = header.about;
  const make = (name: string, heading: string, chosen: readonly number[]): Figure[] => {
    const there = chosen.filter((i) => flow[i].length > 0);
    if (there.length === 0) return [];
    const windows = [...new Set(there.flatMap((i) => windowOf(knockouts[i]) ?? []))];
    const styles = curveStyles(chosen.map((i) => knockouts[i]), palette); // prettier-ignore
    const curves = there.map((i) => flow[i]);
    const data: FigureData = {
      title: titleOf(header),
      caption: caption({
        counts: curves.map(([p]) => p.n),
        window: windows.length === 1 ? windows[0] : undefined,
        curves,
      }),
      curves: there.map((i) => ({ ...pick(styles[chosen.indexOf(i)]), points: flow[i] })),
      lastLayer: model.layers - 1,
      ...layerAxis(there.map((i) => knockouts[i])),
    };
    return [figure(name, heading, data, knockoutFigure)];
  };
  const all = knockouts.map((_, i) => i);
  const targets = new Set(knockouts.flatMap((k) => (k.kind === 'edge' ? [k.to] : [])));
  const windows = [...new Set(knockouts.flatMap((k) => windowOf(k) ?? []))].sort((a, b) => a - b);
  /** `window`: where there are several. */
  const perTarget = (from: readonly number[], window?: number): Figure[] =>
    targets.size < 2
      ? []
      : [...targets].flatMap((target) => {
          const name = `information_flow_to_${safeName(target)}${window === undefined ? '' : `_window_${window}`}`;
          const heading = `Knockouts towards ${target}${window === undefined ? '' : `, window ${window}`}`;
          return make(name, heading, from.filter((i) => targetOf(knockouts[i]) === target)); // prettier-ignore
        });
  if (windows.length < 2) return [...make('information_flow', ALL, all), ...perTarget(all)];
  return [
    ...(all.length <= MOST_TOGETHER ? make('information_flow', ALL, all) : []),
    ...windows.flatMap((window) => {
      const those = all.filter((i) => (windowOf(knockouts[i]) ?? window) === window);
      const heading = `Knockouts with window ${window}`;
      return [...make(`information_flow_window_${window}`, heading, those), ...perTarget(those, window)];
    }),
  ];
}

const ALL = 'All knockouts';

/** One for each knockout that was run with several windows. */
function heatMaps(header: JournalHeader, { flow }: RunStatistics): Figure[] {
  const { knockouts, model } = header.about;
  const groups = new Map<string, number[]>();
  knockouts.forEach((k, i) => {
    if (windowOf(k) === undefined || flow[i].length === 0) return;
    const id = knockoutId({ ...k, window: 0 } as Knockout);
    groups.set(id, [...(groups.get(id) ?? []), i]);
  });
  const several = [...groups.values()].filter((group) => new Set(group.map((i) => windowOf(knockouts[i]))).size > 1);
  const names = safeNames(several.map(([i]) => knockoutLabel(knockouts[i]) + headsOf(knockouts[i], ' heads ')));
  return several.map((group, g) => {
    const sorted = [...group].sort((a, b) => windowOf(knockouts[a])! - windowOf(knockouts[b])!);
    const curves = sorted.map((i) => flow[i]);
    const what = `${figureLabel(knockouts[sorted[0]])}${headsOf(knockouts[sorted[0]], ', heads ')}`;
    const data: FigureData = {
      title: `${what}: ${titleOf(header)}`,
      caption: caption({ counts: curves.map(([p]) => p.n), curves: [] }),
      curves: sorted.map((i) => ({ ...NO_LINE, label: String(windowOf(knockouts[i])), points: flow[i] })),
      lastLayer: model.layers - 1,
    };
    return figure(`heat_map_${names[g]}`, `Windows of ${what}`, data, heatMap);
  });
}

function lensFigures(header: JournalHeader, { lens }: RunStatistics): Figure[] {
  return lens.flatMap((kinds, norm) => {
    const there = WORD_KINDS.map((kind, i) => ({ kind, points: kinds[i] })).filter(({ points }) => points.length > 0);
    if (there.length === 0) return [];
    const curves = there.map(({ points }) => points);
    const data: FigureData = {
      title: titleOf(header),
      caption: caption({
        counts: curves.map(([p]) => p.n),
        also: [norm === 0 ? WITHOUT_NORM : WITH_NORM],
        curves,
      }),
      curves: there.map(({ kind, points }) => ({ label: kind, ...wordStyle(kind), points })),
      lastLayer: header.about.model.layers,
      lastApart: norm === 0,
    };
    const heading = `Words at the last position, ${norm === 0 ? 'without' : 'through'} the final norm`;
    return [figure(`last_position_answer_probs${norm === 0 ? '' : '_with_norm'}`, heading, data, lensFigure)];
  });
}

const NO_LINE = { colour: '#000000', dash: [] } as const;
const pick = ({ label, colour, dash }: Omit<FigureCurve, 'points'>): Omit<FigureCurve, 'points'> => ({
  label,
  colour,
  dash,
});
export const windowOf = (k: Knockout): number | undefined => ('window' in k ? k.window : undefined);
const targetOf = (k: Knockout): string | undefined => (k.kind === 'edge' ? k.to : undefined);
const headsOf = (k: Knockout, before: string): string =>
  k.kind === 'edge' && k.heads ? before + k.heads.join(' ') : '';
const titleOf = ({ about }: JournalHeader): string => `${about.task}, ${about.model.name}`;
